//! The sections about commands and errors: commandstats, errorstats, latencystats.

use crate::client::counters::Totals;
use crate::commands::{Call, CommandId};
use crate::stats::Sums;

use super::Lines;

pub(super) fn command_stats(lines: &mut Lines, call: &Call) {
    let totals = lines.totals(call);
    for (name, sums) in used(&totals) {
        let us = sums.ns / 1000;
        let mean = us as f64 / sums.calls.max(1) as f64;
        lines.add(
            &format!("cmdstat_{name}"),
            format_args!(
                "calls={},usec={us},usec_per_call={mean:.2},rejected_calls={},failed_calls={}",
                sums.calls, sums.rejected, sums.failed
            ),
        );
    }
}

pub(super) fn error_stats(lines: &mut Lines, call: &Call) {
    for (code, count) in &lines.totals(call).stats.errors {
        let code = String::from_utf8_lossy(code);
        lines.add(&format!("errorstat_{code}"), format_args!("count={count}"));
    }
}

pub(super) fn latency_stats(lines: &mut Lines, call: &Call) {
    let monitoring = call.state.config().monitoring.clone();
    if !monitoring.tracks {
        return;
    }
    let totals = lines.totals(call);
    for (name, sums) in used(&totals).filter(|(_, sums)| sums.buckets.count() > 0) {
        let percentiles = monitoring.percentiles.iter().map(|text| {
            let us = sums.buckets.percentile(text.parse().unwrap_or_default()) as f64 / 1000.0;
            format!("p{text}={us:.3}")
        });
        let percentiles: Vec<String> = percentiles.collect();
        let name = format!("latency_percentiles_usec_{name}");
        lines.add(&name, percentiles.join(","));
    }
}

/// Returns the names of the commands that were used, with their figures.
fn used(totals: &Totals) -> impl Iterator<Item = (&'static str, &Sums)> {
    let commands = totals.stats.commands.iter();
    commands.filter_map(|(id, sums)| Some((CommandId(*id).command()?.name, sums)))
}
