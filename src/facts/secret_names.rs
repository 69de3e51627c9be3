//! Names that tell of a secret: of variables by whole segments, of files by those of their own name.

use crate::commands::Tables;

/// Names of variables and files that tell of a secret.
#[derive(Debug, Clone)]
pub struct SecretNames {
    names: Vec<Vec<String>>,
    /// Those of variables only: a folder may be called so.
    variables: Vec<Vec<String>>,
    harmless: Vec<String>,
    documents: Vec<String>,
}

impl SecretNames {
    /// The built-in names and `more` (from the settings).
    pub fn new(tables: &Tables, more: &[String]) -> Self {
        Self {
            names: tables.secrets().names.iter().chain(more).map(|name| split(name)).collect(),
            variables: Vec::new(),
            harmless: tables.secrets().harmless_suffixes.clone(),
            documents: tables.secrets().documents.clone(),
        }
    }

    /// These names, and `more` of variables.
    #[must_use]
    pub fn with_variables(mut self, more: &[&str]) -> Self {
        self.variables.extend(more.iter().map(|name| split(name)));
        self
    }

    /// Whether a variable of that name holds a secret, unless its value shows otherwise.
    pub fn matches(&self, name: &str) -> bool {
        let name = name.to_ascii_lowercase();
        let segments: Vec<&str> = name.split('_').filter(|segment| !segment.is_empty()).collect();
        self.segments_match(&segments)
    }

    fn segments_match(&self, segments: &[&str]) -> bool {
        if segments.last().is_some_and(|last| self.harmless.iter().any(|suffix| suffix == last)) {
            return false;
        }
        self.names.iter().chain(&self.variables).any(|name| {
            segments
                .windows(name.len())
                .any(|window| window.iter().zip(name).all(|(segment, part)| segment == part))
        })
    }

    /// Whether the file's own name tells of a secret (`/run/secrets/vault_token`, `admin-password.txt`), and not only of what is
    /// said about one (`token.rs`).
    pub fn path_matches(&self, path: &str) -> bool {
        // Every user may read it: it holds accounts, no passwords.
        if path == "/etc/passwd" {
            return false;
        }
        let path = path.to_ascii_lowercase();
        if self.documents.iter().any(|end| path.ends_with(end)) {
            return false;
        }
        path.split('/').any(|part| {
            let segments: Vec<&str> = part
                .split(|c: char| !c.is_ascii_alphanumeric())
                .filter(|segment| !segment.is_empty())
                .collect();
            self.names.iter().any(|name| {
                segments.windows(name.len()).any(|window| window.iter().zip(name).all(|(a, b)| a == b))
            })
        })
    }
}

/// The segments of a name.
fn split(name: &str) -> Vec<String> {
    name.to_ascii_lowercase().split('_').map(str::to_owned).collect()
}
