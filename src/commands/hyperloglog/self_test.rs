//! PFSELFTEST: checks the registers and the estimates with random elements.

use super::dense;
use super::hash::{REGISTERS, register_of};
use super::header::Encoding;
use super::sketch;
use crate::commands::table::{Category, Command, Flag, Handler};
use crate::commands::{Call, ReplyError};
use crate::state::ServerState;
use crate::store::blob::Blob;
use crate::store::random;

pub(super) const COMMANDS: &[Command] = &[Command {
    name: "pfselftest",
    arity: 1,
    flags: &[Flag::Admin],
    categories: &[Category::HyperLogLog],
    group: "hyperloglog",
    since: "2.8.9",
    summary: "An internal command for testing HyperLogLog values",
    complexity: "N/A",
    doc_flag: Some("syscmd"),
    handler: Handler::Plain(pfselftest),
    ..Command::ROW
}];

/// How often all registers are written and read.
const ROUNDS: usize = 1000;
/// The number of elements whose estimate is checked last.
const ELEMENTS: u64 = 10_000_000;

/// Works for seconds, and holds no lock meanwhile.
fn pfselftest(call: &mut Call) -> Result<(), ReplyError> {
    if !call.may_wait {
        call.postpone(|state, _| test(state));
        return Ok(());
    }
    test(call.state)?;
    call.reply.ok();
    Ok(())
}

fn test(state: &ServerState) -> Result<(), ReplyError> {
    (0..ROUNDS).try_for_each(|_| test_registers())?;
    test_estimates(state.thresholds().sparse_bytes)
}

fn failed(reason: &str) -> ReplyError {
    format!("ERR TESTFAILED {reason}").into()
}

/// Checks that registers keep random values.
fn test_registers() -> Result<(), ReplyError> {
    let mut bytes = vec![0; dense::BYTES];
    let values: Vec<u8> = (0..REGISTERS).map(|_| random::below(64) as u8).collect();
    for (index, value) in values.iter().enumerate() {
        dense::set(&mut bytes, index, *value);
    }
    for (index, value) in values.iter().enumerate() {
        let found = dense::get(&bytes, index);
        if found != *value {
            let reason = format!("Register {index} should be {value} but is {found}");
            return Err(failed(&reason));
        }
    }
    Ok(())
}

/// Adds elements to dense and to sparse registers, and checks the estimates of both at each power of 10.
fn test_estimates(max_sparse_bytes: usize) -> Result<(), ReplyError> {
    let seed = random::number();
    let mut dense = sketch::to_dense(&sketch::empty())?;
    let mut sparse = Blob::raw(sketch::empty());
    let mut checkpoint = 1;
    for count in 1..=ELEMENTS {
        let element = (count ^ seed).to_le_bytes();
        let (index, value) = register_of(&element);
        if dense::get(&dense, index) < value {
            dense::set(&mut dense, index, value);
        }
        sketch::add(&mut sparse, [&element[..]].into_iter(), max_sparse_bytes)?;
        if count == checkpoint {
            let is_small = count < max_sparse_bytes as u64 / 2;
            if is_small && sketch::check(&sparse)? != Encoding::Sparse {
                return Err(failed("sparse encoding not used"));
            }
            check_estimate(count, sketch::cardinality(&dense)?)?;
            if sketch::cardinality(&dense)? != sketch::cardinality(&sparse)? {
                return Err(failed("dense/sparse disagree"));
            }
            checkpoint *= 10;
        }
    }
    Ok(())
}

/// Checks that the estimate is within six standard errors.
fn check_estimate(count: u64, estimate: u64) -> Result<(), ReplyError> {
    let standard_error = 1.04 / (REGISTERS as f64).sqrt();
    let most = match count {
        // Two of ten elements that share a register are more than that, and not rare.
        10 => 1,
        _ => (standard_error * 6.0 * count as f64).ceil() as u64,
    };
    let error = count.abs_diff(estimate);
    match error <= most {
        true => Ok(()),
        false => Err(failed(&format!(
            "Too big error. card:{count} abserr:{error}"
        ))),
    }
}
