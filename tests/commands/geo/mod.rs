//! Places: sorted sets whose scores are geohashes.

mod positions;
mod search;
