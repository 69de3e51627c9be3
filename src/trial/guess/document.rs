//! JSON that holds what a script's jq programs read.

mod program;

use serde_json::{Map, Value, json};

use self::program::{Path, Program, Step};
use super::values;

/// The document that these programs read. `rows` says whether the tool prints a list; `leaf` is what the last path of
/// the programs must give, `fields` must be there too.
pub(super) fn document(
    filters: &[String],
    rows: bool,
    fields: &[(String, String)],
    leaf: Option<&str>,
) -> String {
    let mut paths: Vec<Path> = Vec::new();
    for (index, filter) in filters.iter().enumerate() {
        let Program { paths: mut found, last } = Program::read(filter);
        if let (Some(text), true) = (leaf, index == 0) {
            // The program's answer is what is compared: its last path carries the text.
            match found.iter_mut().rev().find(|path| path.steps == last) {
                Some(path) => path.equal = Some(scalar(text)),
                None => found.push(Path { steps: last, equal: Some(scalar(text)) }),
            }
        }
        paths.extend(found);
    }
    let listed = match paths.iter().find_map(|path| path.steps.first()) {
        Some(Step::Each(_)) => true,
        Some(Step::Field(_) | Step::Entry(_)) => false,
        None => rows,
    };
    let mut root = Value::Null;
    let prefix: &[Step] = if listed { &[Step::Each(0)] } else { &[] };
    let generic = paths.iter().all(|path| path.steps.len() <= prefix.len());
    for (name, value) in fields.iter().filter(|_| generic || listed == rows) {
        let steps = [prefix, &[Step::Field(name.clone())]].concat();
        put(&mut root, &steps, scalar(value), false);
    }
    for path in &paths {
        let value = path.equal.clone();
        let guess = value.clone().unwrap_or_else(|| {
            let name = path.steps.iter().rev().find_map(|step| match step {
                Step::Field(name) => Some(name.as_str()),
                Step::Each(_) | Step::Entry(_) => None,
            });
            let name = if matches!(path.steps.last(), Some(Step::Entry(_))) { None } else { name };
            match fields.iter().find(|(field, _)| name == Some(field)) {
                Some((_, value)) => scalar(value),
                None => name.map_or(Value::Null, |name| scalar(&values::by_name(name))),
            }
        });
        put(&mut root, &path.steps, guess, value.is_some());
    }
    if root.is_null() {
        root = if listed { json!([{}]) } else { json!({}) };
    }
    root.to_string()
}

/// `document` (or a new one) in which the program's answer is `leaf`, or at least there.
pub(super) fn with_answer(document: Option<Value>, filter: &str, leaf: Option<&str>) -> Value {
    let Program { paths, last } = Program::read(filter);
    let is_container = |value: &Value| value.is_object() || value.is_array();
    let mut root = document.filter(is_container).unwrap_or(Value::Null);
    let starts_with_each = matches!(last.first(), Some(Step::Each(_)));
    if root.is_array() != starts_with_each && !last.is_empty() && !root.is_null() {
        root = Value::Null;
    }
    if filter.contains("length")
        && let Some(count) = leaf.and_then(|text| text.parse::<usize>().ok())
    {
        counted(&mut root, &last, count);
        return root;
    }
    for path in paths.iter().filter(|path| path.steps != last) {
        let value = path.equal.clone();
        put(&mut root, &path.steps, value.clone().unwrap_or(Value::Null), value.is_some());
    }
    let name = last.iter().rev().find_map(|step| match step {
        Step::Field(name) => Some(name.as_str()),
        Step::Each(_) | Step::Entry(_) => None,
    });
    let value = match leaf {
        Some(text) => scalar(text),
        None => name.map_or(Value::Null, |name| scalar(&values::by_name(name))),
    };
    put(&mut root, &last, value, leaf.is_some());
    if root.is_null() { json!({}) } else { root }
}

/// Makes what stands at the path hold so many things.
fn counted(root: &mut Value, path: &[Step], count: usize) {
    let path = match path.split_last() {
        Some((Step::Each(_), list)) => list,
        _ => path,
    };
    let mut at = root;
    for step in path {
        match step {
            Step::Field(name) | Step::Entry(name) => {
                if !at.is_object() {
                    *at = json!({});
                }
                let Value::Object(map) = at else { return };
                at = map.entry(name.clone()).or_insert(Value::Null);
            }
            Step::Each(_) => {
                if at.as_array().is_none_or(Vec::is_empty) {
                    *at = json!([null]);
                }
                let Value::Array(items) = at else { return };
                at = &mut items[0];
            }
        }
    }
    match at {
        Value::Array(items) => {
            let one = items.first().cloned().unwrap_or_else(|| json!({"id": values::HEX32, "name": "web-1"}));
            *items = vec![one; count];
        }
        _ => *at = Value::Array(vec![json!({"id": values::HEX32, "name": "web-1"}); count]),
    }
}

fn scalar(text: &str) -> Value {
    match text {
        "true" => Value::Bool(true),
        "false" => Value::Bool(false),
        "null" => Value::Null,
        _ if !text.is_empty()
            && text.len() < 10
            && text.bytes().all(|b| b.is_ascii_digit())
            && (text == "0" || !text.starts_with('0')) =>
        {
            text.parse::<u64>().map_or_else(|_| Value::from(text), Value::from)
        }
        _ => Value::from(text),
    }
}

/// Puts `value` at the end of the path. What is there already stays, unless `firm`; a container stays in any case.
fn put(at: &mut Value, steps: &[Step], value: Value, firm: bool) {
    match steps.split_first() {
        None => {
            if at.is_null() || firm && !at.is_object() && !at.is_array() {
                *at = value;
            }
        }
        Some((Step::Field(name) | Step::Entry(name), rest)) => {
            if !at.is_object() {
                if at.is_array() {
                    return;
                }
                *at = Value::Object(Map::new());
            }
            if let Value::Object(map) = at {
                put(map.entry(name.clone()).or_insert(Value::Null), rest, value, firm);
            }
        }
        Some((Step::Each(index), rest)) => {
            if at.is_object() {
                // `.[]` over an object: its values.
                if let Value::Object(map) = at
                    && let Some((_, first)) = map.iter_mut().next()
                {
                    put(first, rest, value, firm);
                }
                return;
            }
            if !at.is_array() {
                *at = Value::Array(Vec::new());
            }
            if let Value::Array(items) = at {
                while items.len() <= *index {
                    items.push(Value::Null);
                }
                put(&mut items[*index], rest, value, firm);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_changed_where_a_program_reads_it() {
        let changed = |document: &str, filter: &str, leaf: Option<&str>| {
            with_answer(serde_json::from_str(document).ok(), filter, leaf).to_string()
        };
        assert_eq!(
            changed(r#"{"id":"a","state":"new"}"#, ".state", Some("Ready")),
            r#"{"id":"a","state":"Ready"}"#
        );
        assert_eq!(changed("plain", ".totalCount", Some("3")), r#"{"totalCount":3}"#);
        assert_eq!(changed(r#"[{"name":"a"}]"#, "length", Some("0")), "[]");
        assert_eq!(
            changed(
                r#"{"data":{"alerts":[{"state":"firing"}]}}"#,
                "[.data.alerts[] | select(.state==\"firing\")] | length",
                Some("0")
            ),
            r#"{"data":{"alerts":[]}}"#
        );
        assert_eq!(
            changed("", r#".applications[].units["web/0"]["workload-status"].current"#, None),
            r#"{"applications":[{"units":{"web/0":{"workload-status":{"current":"current-1"}}}}]}"#
        );
    }

    fn of(filter: &str, rows: bool, leaf: Option<&str>) -> String {
        document(&[filter.to_owned()], rows, &[], leaf)
    }

    #[test]
    fn a_document_holds_what_its_programs_read() {
        for (filter, rows, leaf, text) in [
            (".sealed", false, None, r#"{"sealed":false}"#),
            (".data.keys[0]", false, Some("k"), r#"{"data":{"keys":["k"]}}"#),
            (
                ".[] | select(.Name == \"db\") | .ID",
                true,
                None,
                r#"[{"ID":"3f2a9c4e7b1d4c58a6e0d9b2c7f41a35","Name":"db"}]"#,
            ),
            (".items[].metadata.name", true, None, r#"{"items":[{"metadata":{"name":"web-1"}}]}"#),
            (".status.readyReplicas // 0", false, None, r#"{"status":{"readyReplicas":3}}"#),
            ("\"\\(.a.ip) \\(.b)\"", false, None, r#"{"a":{"ip":"192.0.2.10"},"b":"b-1"}"#),
            ("length", true, None, "[{}]"),
            ("[.[] | select(.status==\"ACTIVE\")] | length", true, None, r#"[{"status":"ACTIVE"}]"#),
            (
                ".applications[\"ceph-mon\"].units",
                false,
                None,
                r#"{"applications":{"ceph-mon":{"units":3}}}"#,
            ),
            (
                ".applications.vault.units | to_entries[] | \"\\(.key) \\(.value.\"public-address\")\"",
                false,
                None,
                r#"{"applications":{"vault":{"units":{"vault/0":{"public-address":"192.0.2.10"}}}}}"#,
            ),
            (".units | to_entries[0].key", false, None, r#"{"units":{"web-1":null}}"#),
        ] {
            assert_eq!(of(filter, rows, leaf), text, "{filter}");
        }
    }
}
