//! The page: one file that loads nothing else. The page and its style lie beside this, its script in
//! `page/`.

const PAGE: &str = include_str!("page.html");
const STYLE: &str = include_str!("page.css");

/// A file for each panel. Together they are one script, so a later one sees the names of all.
const SCRIPT: &str = concat!(
    include_str!("page/elements.js"),
    include_str!("page/states.js"),
    include_str!("page/threads.js"),
    include_str!("page/lock.js"),
    include_str!("page/log.js"),
    include_str!("page/cells.js"),
    include_str!("page/keyspace.js"),
    include_str!("page/requests.js"),
    include_str!("page/figures.js"),
    include_str!("page/walk.js"),
    include_str!("page/classroom.js"),
    include_str!("page/main.js"),
);

/// Returns the page whose style and script have this nonce, without which a browser ignores them.
pub(super) fn with_nonce(nonce: &str) -> String {
    let page = PAGE.replace("{nonce}", nonce);
    page.replace("{style}", STYLE).replace("{script}", SCRIPT)
}
