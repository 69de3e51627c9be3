//! What a command shows that is a secret: by the command, or by the file that it prints.

use crate::commands::{HOLE, Tables, matches_words};
use crate::facts::SecretNames;

/// Commands that print a secret: each word globs one word, `**` any rest. The tables' own printers come on top.
const PRINTERS: [&str; 62] = [
    "aws ** configure get *secret* **",
    "aws ** configure export-credentials **",
    "aws ** ecr get-login-password **",
    "aws ** sts assume-role* **",
    "aws ** sts get-session-token **",
    "aws ** ecr get-authorization-token **",
    "gcloud ** print-access-token **",
    "gcloud ** print-identity-token **",
    "gcloud secrets versions access **",
    "az account get-access-token **",
    "az keyvault secret show **",
    "az ** keys list **",
    "az ** list-keys **",
    "az ** show-connection-string **",
    "az ** list-publishing-* **",
    "az ** --expose-token **",
    "aws s3 presign **",
    "openstack ** ec2 credentials *",
    "openstack ** ec2 credentials ** **",
    "openstack ** console url show **",
    "ceph config-key get **",
    "ceph config-key dump **",
    "radosgw-admin user info **",
    "radosgw-admin subuser **",
    "radosgw-admin metadata get user** **",
    "maas * * power-parameters **",
    "maas * * query-power-parameters **",
    "docker swarm join-token **",
    "virsh ** secret-get-value **",
    "virsh ** --security-info **",
    "nmcli ** --show-secrets **",
    "nmcli ** -s **",
    "ip ** xfrm **",
    "gpg ** -d **",
    "gpg ** --decrypt **",
    "ansible-vault view **",
    "juju ** show-credential* ** --show-secret* **",
    "juju ** credentials ** --show-secrets **",
    "kubectl config view ** --raw **",
    "oc config view ** --raw **",
    "aws ** secretsmanager get-secret-value **",
    "aws ** ssm get-parameter* ** --with-decryption **",
    "gh auth token **",
    "gh auth status ** --show-token **",
    "gh auth status ** -t **",
    "vault token lookup **",
    "vault print **",
    "ceph auth **",
    "maas apikey **",
    "maas list **",
    "terraform output ** -raw **",
    "terraform output ** -json **",
    "terraform state pull **",
    "openstack ** secret get ** --payload **",
    "openstack ** credential show **",
    "openstack ** credential list **",
    "kubeadm token **",
    "etcdctl ** get **",
    "git credential **",
    "systemctl show-environment **",
    "juju ** show-secret ** --reveal **",
    "ps ** e **",
];

/// Programs that print the files which they are given, or a part of them.
const SHOWS_FILES: [&str; 34] = [
    "cat", "tac", "head", "tail", "less", "more", "nl", "base64", "base32", "basenc", "xxd", "od", "strings",
    "hexdump", "bat", "batcat", "sed", "awk", "gawk", "mawk", "cut", "jq", "yq", "grep", "egrep", "fgrep",
    "rg", "rev", "sort", "uniq", "paste", "diff", "openssl", "zcat",
];

/// Files that hold credentials whatever folder they are in.
const SECRET_FILES: [&str; 36] = [
    "shadow",
    "gshadow",
    ".netrc",
    ".pgpass",
    ".my.cnf",
    ".vault-token",
    ".git-credentials",
    "clouds.yaml",
    "clouds.yml",
    "secure.yaml",
    ".env",
    "id_rsa",
    "id_ed25519",
    "id_ecdsa",
    "id_dsa",
    "environ",
    "credentials",
    "accounts.yaml",
    "admin.conf",
    "kubeconfig",
    ".docker/config.json",
    "credentials.yaml",
    ".npmrc",
    ".pypirc",
    ".config/gh/hosts.yml",
    "ssh_host_rsa_key",
    "ssh_host_ed25519_key",
    "ssh_host_ecdsa_key",
    "terraform.tfstate",
    "kubelet.conf",
    ".htpasswd",
    ".s3cfg",
    "rclone.conf",
    ".mylogin.cnf",
    "krb5.keytab",
    ".kube/config",
];

/// Whether a file holds credentials, whatever is read of it.
pub(super) fn is_secret_file(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    named_secret(path) || name.rsplit('.').next() == Some("key") && name.contains('.')
}

fn named_secret(path: &str) -> bool {
    let keyring = path.ends_with(".keyring");
    keyring
        || SECRET_FILES
            .iter()
            .any(|known| path.strip_suffix(known).is_some_and(|rest| rest.is_empty() || rest.ends_with('/')))
}

/// Ends of names that are documents or code, whatever words are in them.
const PLAIN_ENDS: [&str; 22] = [
    ".md", ".rs", ".sh", ".py", ".go", ".js", ".ts", ".c", ".h", ".rst", ".html", ".css", ".bats", ".rb",
    ".toml", ".jsonl", ".tf", ".sql", ".proto", ".lock", ".java", ".adoc",
];

/// Whether a line reads what vault tells of itself, which is no secret.
pub(super) fn reads_of_itself(words: &[String]) -> bool {
    const PATHS: [&str; 9] =
        ["health", "seal-status", "leader", "mounts", "auth", "policies", "policy", "host-info", "ha-status"];
    let Some(rest) = words.get(2..) else { return false };
    let paths = rest.iter().filter(|word| !word.starts_with('-')).collect::<Vec<_>>();
    let of_itself = |path: &&String| {
        path.strip_prefix("sys/")
            .is_some_and(|path| PATHS.contains(&path.split('/').next().unwrap_or_default()))
    };
    super::strict::base(words) == "vault"
        && words[1] == "read"
        && !paths.is_empty()
        && paths.iter().all(of_itself)
}

/// Why what it prints is a secret, where it is one.
pub(super) fn prints_secret(words: &[String], names: &SecretNames) -> Option<String> {
    if reads_of_itself(words) {
        return None;
    }
    let program = super::strict::base(words);
    let mut shown: Vec<&str> = words.iter().map(String::as_str).collect();
    shown[0] = program;
    let printers = Tables::builtin().secrets().printers.iter().map(String::as_str).chain(PRINTERS);
    if printers.into_iter().any(|printer| matches_words(printer, &shown)) {
        return Some("it prints a secret".to_owned());
    }
    let args = &words[1..];
    if ["kubectl", "oc"].contains(&program)
        && args.iter().any(|word| {
            let kind = word.split(['/', ',']).next().unwrap_or_default();
            ["secret", "secrets"].contains(&kind)
                || word.split(',').any(|kind| ["secret", "secrets"].contains(&kind))
        })
        && args.iter().enumerate().any(|(index, word)| {
            let prints =
                word.starts_with("-o") || word.starts_with("--output") || word.starts_with("--template");
            let next = args.get(index + 1).map_or("", String::as_str);
            let names = ["-oname", "-owide", "-o=name", "-o=wide", "--output=name", "--output=wide"];
            let plain = names.contains(&word.as_str())
                || ["-o", "--output"].contains(&word.as_str()) && ["name", "wide"].contains(&next);
            prints && !plain
        })
    {
        return Some("it prints a secret".to_owned());
    }
    if program == "kubectl" && args.iter().any(|word| word.contains("/secrets")) {
        return Some("it prints secrets".to_owned());
    }
    if ["env", "printenv"].contains(&program) {
        let asked = args.iter().filter(|word| !word.starts_with('-'));
        let (count, secret) = asked.fold((0, false), |(count, secret), name| {
            (count + 1, secret || names.matches(name) || name.contains(HOLE))
        });
        if count == 0 || secret || program == "env" {
            return Some("it prints the environment, secrets too".to_owned());
        }
    }
    let file = |word: &&String| {
        let word = word.rsplit('=').next().unwrap_or(word);
        let name = word.rsplit('/').next().unwrap_or(word);
        let looks_like_a_file = word.contains('/') || word.starts_with('.') || SECRET_FILES.contains(&name);
        looks_like_a_file
            && !word.contains(char::is_whitespace)
            && !PLAIN_ENDS.iter().any(|end| name.ends_with(end))
            && (named_secret(word)
                || name.len() > 4 && name.rsplit('.').next() == Some("key")
                || names.path_matches(word))
    };
    if SHOWS_FILES.contains(&program)
        && let Some(file) = args.iter().find(file)
    {
        return Some(format!("`{file}` holds a secret by its name"));
    }
    None
}
