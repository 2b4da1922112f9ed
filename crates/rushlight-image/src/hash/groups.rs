//! Groups of near hashes, each around the one that is kept.

use super::index::Index;
use super::{Pair, pairs};
use crate::team;
use std::sync::atomic::{AtomicU64, Ordering};

/// The group that a hash belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Member {
    /// The number of the kept hash; its own for the kept one itself.
    pub kept: usize,
    /// The bits in which the two differ.
    pub distance: u32,
}

/// Undecided hashes that are decided together.
const BLOCK: usize = 512;

/// A hash that no kept one is near to.
const ALONE: u64 = u64::MAX;

/// Groups hashes that are given best first. One is kept if no kept one before it is within `radius`; others belong to the nearest kept one
/// before them (of equally near ones, the first). So all kept ones are further apart than `radius`, every other one is near a kept one,
/// and the result does not depend on the number of threads.
///
/// ```
/// use rushlight_image::hash::group;
/// let kept: Vec<usize> = group(&[0b0000, 0b1111, 0b0001, 0b0111], 1, 2).iter().map(|member| member.kept).collect();
/// assert_eq!(kept, [0, 1, 0, 1]);
/// ```
pub fn group(hashes: &[u64], radius: u32, threads: usize) -> Vec<Member> {
    match pairs(hashes, radius, threads, MOST_PAIRS * hashes.len()) {
        Some(pairs) => group_pairs(hashes.len(), &pairs),
        None => group_crowd(hashes, radius, threads),
    }
}

/// Up to so many pairs for each hash, listing them is faster than asking for the neighbours of those that are kept.
const MOST_PAIRS: usize = 16;

/// Groups by all pairs in order: when a hash is the first one of a pair, all before it are decided.
fn group_pairs(count: usize, pairs: &[Pair]) -> Vec<Member> {
    let mut members: Vec<Member> = (0..count).map(|i| Member { kept: i, distance: 0 }).collect();
    for pair in pairs {
        let (first, second) = (pair.first as usize, pair.second as usize);
        let is_nearer = members[second].kept == second || pair.distance < members[second].distance;
        if members[first].kept == first && is_nearer {
            members[second] = Member { kept: first, distance: pair.distance };
        }
    }
    members
}

/// Groups of many near hashes, whose pairs would be too many to list.
fn group_crowd(hashes: &[u64], radius: u32, threads: usize) -> Vec<Member> {
    let index = Index::new(hashes, radius);
    // Distance and number of the nearest kept one: the least of them wins.
    let nearest: Vec<AtomicU64> = hashes.iter().map(|_| AtomicU64::new(ALONE)).collect();
    let is_alone = |&i: &usize| nearest[i].load(Ordering::Relaxed) == ALONE;
    let mut start = 0;
    while start < hashes.len() {
        let undecided: Vec<usize> = (start..hashes.len()).filter(is_alone).take(BLOCK).collect();
        start = undecided.last().map_or(hashes.len(), |last| last + 1);
        let kept = apart(hashes, &undecided, radius);
        team::run(
            kept.len().div_ceil(GRAIN),
            threads,
            || (),
            |(), task| {
                for &i in kept[task * GRAIN..].iter().take(GRAIN) {
                    claim(&index, hashes[i], i, &nearest);
                }
            },
        );
    }
    let member = |(i, nearest): (usize, AtomicU64)| match nearest.into_inner() {
        ALONE => Member { kept: i, distance: 0 },
        found => Member { kept: (found & u64::from(u32::MAX)) as usize, distance: (found >> 32) as u32 },
    };
    nearest.into_iter().enumerate().map(member).collect()
}

/// A thread takes this many kept hashes at a time.
const GRAIN: usize = 64;

/// Those of `candidates` that are near to no earlier one of them that stays.
fn apart(hashes: &[u64], candidates: &[usize], radius: u32) -> Vec<usize> {
    let mut kept = Vec::with_capacity(candidates.len());
    let mut values: Vec<u64> = Vec::with_capacity(candidates.len());
    for &i in candidates {
        if values.iter().all(|value| (value ^ hashes[i]).count_ones() > radius) {
            kept.push(i);
            values.push(hashes[i]);
        }
    }
    kept
}

/// Makes a kept hash the nearest one of the later ones near to it, where none is nearer.
fn claim(index: &Index, hash: u64, number: usize, nearest: &[AtomicU64]) {
    index.within(hash, &mut |other, distance| {
        if other > number {
            nearest[other].fetch_min(u64::from(distance) << 32 | number as u64, Ordering::Relaxed);
        }
    });
}
