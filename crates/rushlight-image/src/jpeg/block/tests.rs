use super::*;
use crate::jpeg::standard;

/// One symbol after the other, as T.81 has it (F.2.2).
fn plainly(bits: &mut Bits, dc: &Codes, ac: &Codes, last_dc: &mut i32, block: &mut Block) {
    let size = dc.symbol(bits) as u32;
    *last_dc = last_dc.wrapping_add(extend(bits.take(size), size));
    block[0] = *last_dc as i16;
    let mut k = 0;
    while k < 63 {
        let symbol = ac.symbol(bits);
        let (run, size) = ((symbol >> 4) as usize, (symbol & 15) as u32);
        if size == 0 && run != 15 {
            break;
        }
        k += run + 1;
        if size > 0 {
            block[NATURAL[k] as usize] = extend(bits.take(size), size) as i16;
        }
    }
}

/// Tables whose shortest codes are for long runs, great values and the end, so that blocks overflow and fill up in all ways.
fn unusual() -> Definition {
    let mut definition = Definition { counts: [0; 16], symbols: [0; 256] };
    let symbols = [0x00, 0x01, 0xF0, 0x02, 0x75, 0x11, 0xFA, 0x0F, 0x01, 0xF1, 0x0C, 0x31];
    definition.counts[2..6].copy_from_slice(&[4, 2, 2, 3]);
    definition.counts[12] = 1;
    definition.symbols[..symbols.len()].copy_from_slice(&symbols);
    definition
}

#[test]
fn look_ups_equal_one_symbol_after_the_other() {
    let mut state = 7u64;
    let mut noise = || {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 56) as u8
    };
    let [dc, luminance, chrominance] = [(0, 0), (1, 0), (1, 1)].map(|(class, number)| standard::table(class, number).unwrap());
    for (round, ac) in [luminance, chrominance, unusual()].iter().cycle().take(60).enumerate() {
        let mut data: Vec<u8> = (0..4000).map(|_| noise()).collect();
        // Long codes begin with ones, the ends of blocks with few of them.
        data.iter_mut().for_each(|byte| *byte = if round % 4 == 3 { *byte | noise() } else { *byte & [noise(), 255][round % 2] });
        let (dc, ac) = (DcTable::new(&dc).unwrap(), AcTable::new(ac).unwrap());
        let (mut fast, mut plain) = (Bits::resume(&data, Default::default()), Bits::resume(&data, Default::default()));
        let (mut fast_dc, mut plain_dc) = (0, 0);
        while !plain.overrun() {
            let (mut found, mut wanted) = ([0; 64], [0; 64]);
            let any = decode_block(&mut fast, &dc, &ac, &mut fast_dc, &mut found);
            plainly(&mut plain, &dc.codes, &ac.codes, &mut plain_dc, &mut wanted);
            assert_eq!(found, wanted, "round {round}");
            assert!(any || wanted[1..].iter().all(|&c| c == 0));
            assert_eq!(fast.consumed(), plain.consumed(), "round {round}");
        }
    }
}
