//! Loading ahead: threads that fill the slots of batches in order, and the random crops of single images.
//!
//! A [`Pool`] has the threads. [`Pool::submit`] gives it a [`Work`], the samples of one batch, and returns a [`Ticket`] to wait with.

mod pool;
mod random_cut;

pub use pool::{Pool, State, Ticket, Work};
pub use random_cut::{Area, RandomCut};
