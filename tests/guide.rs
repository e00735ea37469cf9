//! The guide, README and the map against the source: what they name is there.

use std::fs;
use std::path::{Path, PathBuf};

use threadbare::client::trace::Step;
use threadbare::{Config, commands, config};

use crate::support::{Reply, TestServer};

/// The pages: name and text.
fn pages() -> Vec<(PathBuf, String)> {
    let mut paths = vec![root().join("README.md"), root().join("src/lib.rs")];
    paths.extend(sources("src/guide").iter().map(|path| root().join(path)));
    let read = |path: PathBuf| {
        let text = fs::read_to_string(&path).expect("a page in UTF-8");
        (path, text)
    };
    paths.into_iter().map(read).collect()
}

fn page(name: &str) -> String {
    let path = root().join("src/guide").join(name);
    fs::read_to_string(path).expect("a page of the guide")
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The texts between backticks.
fn code_spans(text: &str) -> impl Iterator<Item = &str> {
    text.lines()
        .filter(|line| !line.starts_with("```"))
        .flat_map(|line| line.split('`').skip(1).step_by(2))
}

fn names_a_file(text: &str) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || "/_.-".contains(c);
    let known = ["src/", "tests/", "benches/", ".ci/"];
    known.iter().any(|start| text.starts_with(start)) && text.chars().all(is_word)
}

/// Whether `source` defines `item`: `function`, `Type` or `Type::member`.
fn defines(source: &str, item: &str) -> bool {
    let kinds = [
        "fn", "struct", "enum", "const", "static", "trait", "type", "mod",
    ];
    item.split("::").enumerate().all(|(depth, name)| {
        let definition = kinds.map(|kind| format!("{kind} {name}"));
        // A type may be defined in another file, a variant or field has no keyword.
        let own = match depth {
            0 => format!("impl {name}"),
            _ => format!("    {name}"),
        };
        source.lines().any(|line| {
            let is_start = |start: &String| {
                line.find(start.as_str()).is_some_and(|at| {
                    let next = line[at + start.len()..].chars().next();
                    !next.is_some_and(|c| c.is_alphanumeric() || c == '_')
                })
            };
            definition.iter().chain([&own]).any(is_start)
        })
    })
}

/// `src/engine/turn.rs: Turn::execute`
#[test]
fn each_reference_names_an_item_of_its_file() {
    let mut count = 0;
    for (page, text) in pages() {
        for span in code_spans(&text) {
            let Some((file, item)) = span.split_once(": ").filter(|it| names_a_file(it.0)) else {
                continue;
            };
            let source = fs::read_to_string(root().join(file));
            let source = source.unwrap_or_else(|error| panic!("{page:?}: {span}: {error}"));
            assert!(defines(&source, item), "{page:?}: {span}");
            count += 1;
        }
    }
    assert!(count > 10, "only {count} references");
}

#[test]
fn each_step_of_a_traced_request_names_its_source() {
    for (step, _, source) in Step::ALL {
        assert_eq!(step.source(), source, "the steps are in order");
        let (file, item) = source.split_once(": ").expect("a file and an item");
        let text = fs::read_to_string(root().join(file)).expect("a source file");
        assert!(defines(&text, item), "{source}");
    }
}

#[test]
fn each_file_that_is_named_exists() {
    for (page, text) in pages() {
        let links = text
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split(')').next());
        for file in code_spans(&text).chain(links).filter(|it| names_a_file(it)) {
            assert!(root().join(file).exists(), "{page:?}: {file}");
        }
    }
}

/// [`src/engine/turn.rs: Turn::call`]: ../../../src/threadbare/engine/turn.rs.html
#[test]
fn each_link_to_a_source_page_leads_to_the_file_that_it_names() {
    for (page, text) in pages() {
        let up = match page.ends_with("src/lib.rs") {
            true => "../",
            false => "../../../",
        };
        let lines = text.lines().map(|line| line.trim_start_matches("//! "));
        for line in lines.filter(|line| line.starts_with("[`src/")) {
            let Some((label, target)) = line.split_once("`]: ") else {
                continue;
            };
            let file = label.trim_start_matches("[`src/").split(':').next();
            let expected = format!("{up}src/threadbare/{}.html", file.expect("a file"));
            assert_eq!(target, expected, "{page:?}");
        }
    }
}

/// All source files, by their paths from the root.
fn sources(directory: &str) -> Vec<String> {
    let mut files = Vec::new();
    for entry in fs::read_dir(root().join(directory)).expect("a directory of the source") {
        let entry = entry.expect("a file of the source");
        let path = format!("{directory}/{}", entry.file_name().display());
        match entry.path().is_dir() {
            true => files.extend(sources(&path)),
            false => files.push(path),
        }
    }
    files
}

#[test]
fn the_map_lists_all_that_drop_does() {
    let map = fs::read_to_string(root().join("src/lib.rs")).expect("the map");
    for file in sources("src").iter().filter(|file| file.ends_with(".rs")) {
        let source = fs::read_to_string(root().join(file)).expect("a source file");
        for rest in source.split(" Drop for ").skip(1) {
            let end = rest.find(|c: char| !c.is_alphanumeric());
            let row = format!("//! | `{file}: {}` |", &rest[..end.unwrap_or(rest.len())]);
            assert!(map.contains(&row), "{row}");
        }
    }
}

/// A block of code that begins with `// src/engine/turn.rs: Turn::execute` has lines of that file,
/// in order. `// ...` stands for lines that are left out.
#[test]
fn each_quotation_is_what_the_source_says() {
    let mut count = 0;
    for (page, text) in pages() {
        for block in text.split("\n```").skip(1).step_by(2) {
            let mut lines = block.lines().skip(1).map(str::trim);
            let head = lines.next().and_then(|line| line.strip_prefix("// "));
            let Some((file, item)) = head.and_then(|it| it.split_once(": ")) else {
                continue;
            };
            let source = fs::read_to_string(root().join(file)).expect("a source file");
            assert!(defines(&source, item), "{page:?}: {file}: {item}");
            let mut rest = source.lines().map(str::trim);
            for line in lines.filter(|line| !line.is_empty() && *line != "// ...") {
                assert!(rest.any(|it| it == line), "{page:?}: {file}: {line}");
            }
            count += 1;
        }
    }
    assert!(count > 0, "no quotation");
}

#[test]
fn each_setting_has_a_row_with_its_default() {
    let page = page("settings.md");
    let defaults = Config::default();
    for setting in config::SETTINGS {
        let name = format!("| `{}` |", setting.name);
        let row = page.lines().find_map(|line| line.strip_prefix(&name));
        let column = row.and_then(|row| row.split('|').next());
        let default = column.unwrap_or_else(|| panic!("no row {name}"));
        let words = match default.trim().trim_matches('`') {
            "" => vec![""],
            words => words.split(' ').collect(),
        };
        let option = format!("--{}", setting.name);
        let args = [option.as_str()].into_iter().chain(words);
        let config =
            Config::from_args(args.map(str::to_owned), commands::is_command).expect("a default");
        assert_eq!(
            config.get(setting.name),
            defaults.get(setting.name),
            "{name}"
        );
    }
}

#[test]
fn each_command_is_listed() {
    let page = page("commands.md");
    for command in commands::top_level() {
        let name = format!("`{}`", command.name.to_uppercase());
        assert!(page.contains(&name), "{name}");
    }
}

/// What redis-cli prints.
fn printed(reply: &Reply) -> String {
    match reply {
        Reply::Simple(text) => text.clone(),
        Reply::Error(text) => format!("(error) {text}"),
        Reply::Integer(value) => format!("(integer) {value}"),
        Reply::Bulk(_) => format!("{:?}", reply.text()),
        Reply::Null => "(nil)".to_owned(),
        Reply::Array(elements) => {
            let numbered = elements.iter().enumerate();
            let lines = numbered.map(|(index, it)| format!("{}) {}", index + 1, printed(it)));
            lines.collect::<Vec<_>>().join("\n")
        }
    }
}

#[test]
fn each_session_is_what_a_client_of_a_new_server_sees() {
    let mut count = 0;
    for (page, text) in pages() {
        for session in text.split("$ redis-cli\n").skip(1) {
            let session = session.split("```").next().expect("a session");
            expect_session(&page, session);
            count += 1;
        }
    }
    assert!(count > 1, "only {count} sessions");
}

fn expect_session(page: &Path, session: &str) {
    let server = TestServer::start();
    let mut client = server.connect();
    let exchanges = session.split("127.0.0.1:6379");
    for exchange in exchanges.skip(1) {
        let (line, expected) = exchange.split_once('\n').expect("a reply");
        let (_, request) = line.split_once("> ").expect("a request");
        let reply = printed(&client.ask_line(request)) + "\n";
        assert_eq!(reply, expected, "{page:?}: {request}");
    }
}
