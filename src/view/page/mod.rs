//! The page: one file that loads nothing else. Its parts lie beside this and are joined here.

const PAGE: &str = include_str!("page.html");
const STYLE: &str = include_str!("page.css");

/// A file for each panel. Together they are one script, so a later one sees the names of all.
const SCRIPT: &str = concat!(
    include_str!("elements.js"),
    include_str!("states.js"),
    include_str!("threads.js"),
    include_str!("lock.js"),
    include_str!("log.js"),
    include_str!("keyspace.js"),
    include_str!("requests.js"),
    include_str!("figures.js"),
    include_str!("classroom.js"),
    include_str!("main.js"),
);

/// Returns the page whose style and script have this nonce, without which a browser ignores them.
pub(super) fn with_nonce(nonce: &str) -> String {
    let page = PAGE.replace("{nonce}", nonce);
    page.replace("{style}", STYLE).replace("{script}", SCRIPT)
}
