//! The JSON schema of `gauntlet.toml`, made of the types that read it, for editors and for checks in other languages.
//!
//! Shapes and descriptions come from the types and their doc comments, defaults from [`KEYS`], the names of the rules from
//! whoever asks. Nothing about a key is said here a second time.

use std::borrow::Cow;

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Value, json};

use super::{FILE_NAME, Globs, KEYS, LISTED, Settings};

impl JsonSchema for Globs {
    fn schema_name() -> Cow<'static, str> {
        "Globs".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "array", "items": { "type": "string" } })
    }
}

/// The schema (draft 7, which editors know best). `rules` are the slugs and codes that there are.
pub fn schema<'a>(rules: impl Iterator<Item = (&'a str, String)>) -> Value {
    let (slugs, codes): (Vec<&str>, Vec<String>) = rules.unzip();
    let names: Vec<&str> = slugs.iter().copied().chain(codes.iter().map(String::as_str)).collect();
    let generator =
        SchemaSettings::draft07().with(|settings| settings.inline_subschemas = true).into_generator();
    let mut schema = generator.into_root_schema_for::<Settings>().to_value();
    schema["title"] = FILE_NAME.into();
    // The one key without a default.
    schema["required"] = json!(["version"]);
    for key in KEYS.iter().filter(|key| key.path != "version") {
        let default = toml::from_str::<toml::Table>(&format!("value = {}", key.default));
        let default = default.ok().and_then(|mut table| table.remove("value"));
        if let (Some(place), Some(default)) = (property(&mut schema, key.path), default) {
            place["default"] = json!(default);
        }
    }
    if let Some(lint) = property(&mut schema, "lint") {
        name_rules(lint, &names);
    }
    for (list, keys) in LISTED {
        let Some(items) = property(&mut schema, list).map(|place| &mut place["items"]) else { continue };
        name_rules(items, &names);
        for key in *keys {
            let Some(place) = property(items, key.path).and_then(Value::as_object_mut) else { continue };
            // That it may be left out is all there is to say.
            place.remove("default");
            if key.path == "rule" {
                place.insert("enum".to_owned(), json!(slugs));
            }
        }
    }
    schema
}

/// Says which rules there are where a table chooses some.
fn name_rules(table: &mut Value, names: &[&str]) {
    for key in ["select", "ignore"] {
        if let Some(place) = property(table, key) {
            place["items"] = json!({ "type": "string", "enum": names });
        }
    }
    if let Some(place) = property(table, "severity") {
        place["propertyNames"] = json!({ "enum": names });
    }
}

/// The schema of a key, by its path.
fn property<'a>(schema: &'a mut Value, path: &str) -> Option<&'a mut Value> {
    path.split('.').try_fold(schema, |place, part| place.get_mut("properties")?.get_mut(part))
}
