//! The environment as a part of the document.

use std::ffi::OsString;

use serde_json::{Map, Value};

use crate::SettingsError;

/// One variable of ours.
struct Variable {
    name: String,
    path: Vec<String>,
    value: Value,
}

/// What the environment says under one prefix.
#[derive(Default)]
pub struct Environment(Vec<Variable>);

impl Environment {
    /// Picks the variables `prefix__…` from an environment, usually [`std::env::vars_os`].
    ///
    /// A value that reads as `true`, `false`, a whole number, a list, an inline table or a quoted text of TOML is that;
    /// any other is a text as it stands.
    ///
    /// # Errors
    /// [`SettingsError::Variable`] for one that is not UTF-8, an empty name between two `__`, or a list that does not
    /// read.
    pub fn of(prefix: &str, variables: impl IntoIterator<Item = (OsString, OsString)>) -> Result<Self, SettingsError> {
        let mut ours = Vec::new();
        for (name, value) in variables {
            let Some(name) = name.to_str() else { continue };
            let Some(path) = name.strip_prefix(prefix).and_then(|rest| rest.strip_prefix("__")) else { continue };
            let refused = |reason: &str| SettingsError::Variable { name: name.to_owned(), reason: reason.to_owned() };
            let path: Vec<String> = path.split("__").map(str::to_ascii_lowercase).collect();
            if path.iter().any(String::is_empty) {
                return Err(refused("it names no key"));
            }
            let value = value.to_str().ok_or_else(|| refused("it is not UTF-8"))?;
            let value = read(value).ok_or_else(|| refused("it is neither a text nor a value of TOML"))?;
            ours.push(Variable { name: name.to_owned(), path, value });
        }
        // A table before what is laid into it, whatever the order of the environment.
        ours.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(Self(ours))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn lay_over(&self, document: &mut Value) -> Result<(), SettingsError> {
        for variable in &self.0 {
            let mut place = &mut *document;
            for name in &variable.path {
                let Value::Object(table) = place else {
                    let reason = format!("there is no table that holds {name}; set the whole list");
                    return Err(SettingsError::Variable { name: variable.name.clone(), reason });
                };
                place = table.entry(name.clone()).or_insert_with(|| Value::Object(Map::new()));
            }
            *place = variable.value.clone();
        }
        Ok(())
    }

    /// The variable at which reading stopped, given the path of keys there (`limits.freeze_s`).
    pub(crate) fn blame(&self, at: &str, reason: &str) -> Option<&str> {
        let of = |variable: &&Variable| {
            let (path, last) = (variable.path.join("."), variable.path.last().map_or("", String::as_str));
            let parent = path.rsplit_once('.').map_or(".", |(parent, _)| parent);
            let unknown = reason.starts_with(&format!("unknown field `{last}`"));
            at == path
                || at.starts_with(&format!("{path}."))
                || at.starts_with(&format!("{path}["))
                || (unknown && at == parent)
        };
        self.0.iter().find(of).map(|variable| variable.name.as_str())
    }
}

fn read(text: &str) -> Option<Value> {
    let trimmed = text.trim();
    match trimmed {
        "true" => return Some(Value::Bool(true)),
        "false" => return Some(Value::Bool(false)),
        _ => {}
    }
    if let Ok(number) = trimmed.parse::<i64>() {
        return Some(number.into());
    }
    if !trimmed.starts_with(['[', '{', '"', '\'']) {
        return Some(Value::String(text.to_owned()));
    }
    let document: Map<String, Value> = toml::from_str(&format!("v = {trimmed}")).ok()?;
    // One value, and nothing smuggled in behind a line's end.
    let mut entries = document.into_iter();
    match (entries.next(), entries.next()) {
        (Some((_, value)), None) => Some(value),
        _ => None,
    }
}

/// Refuses a variable of the family (`HONNIN_`) that nobody knows: a typing mistake would else go unnoticed.
/// Those that begin with one of `others` are of other programs or read elsewhere.
///
/// # Errors
/// [`SettingsError::Unknown`] names it.
pub fn refuse_unknown(
    family: &str,
    prefix: &str,
    others: &[&str],
    variables: impl IntoIterator<Item = OsString>,
) -> Result<(), SettingsError> {
    let ours = format!("{prefix}__");
    for name in variables {
        let name = name.to_string_lossy();
        let known = name.starts_with(&ours) || others.iter().any(|other| name.starts_with(other));
        if name.starts_with(family) && !known {
            return Err(SettingsError::Unknown(name.into_owned()));
        }
    }
    Ok(())
}
