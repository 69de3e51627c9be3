//! Names of variables: which of them decide what runs, which only steer, which do neither.

/// What setting a variable may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// It decides which code runs: `PATH`, `LD_PRELOAD`.
    Hijack,
    /// It changes what programs do, or may.
    Steers,
    /// It is known to programs, and none of them does anything else for it but read and print otherwise.
    Harmless,
    /// No program that is known looks at it.
    Own,
}

const HIJACKS: [&str; 6] = ["PATH", "BASH_ENV", "ENV", "SHELLOPTS", "BASHOPTS", "PROMPT_COMMAND"];

const HARMLESS: [&str; 33] = [
    "LANG",
    "LANGUAGE",
    "TZ",
    "NO_COLOR",
    "FORCE_COLOR",
    "CLICOLOR",
    "CLICOLOR_FORCE",
    "COLUMNS",
    "LINES",
    "TERM",
    "COLORTERM",
    "CI",
    "OS_CLOUD",
    "OS_REGION_NAME",
    "OS_PROJECT_NAME",
    "OS_INTERFACE",
    "OS_VOLUME_API_VERSION",
    "OS_COMPUTE_API_VERSION",
    "JUJU_MODEL",
    "JUJU_CONTROLLER",
    "MAAS_PROFILE",
    "VAULT_NAMESPACE",
    "VAULT_FORMAT",
    "AWS_PROFILE",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "AWS_DEFAULT_OUTPUT",
    "RUST_BACKTRACE",
    "RUST_LOG",
    "DEBIAN_FRONTEND",
    "BLOCKSIZE",
    "BLOCK_SIZE",
    "GIT_OPTIONAL_LOCKS",
];

/// Names that only a shell or a program of its own knows what to do with.
const STEERING: [&str; 51] = [
    "HOME",
    "SHELL",
    "IFS",
    "PS4",
    "PS0",
    "PS1",
    "PS2",
    "CDPATH",
    "GLOBIGNORE",
    "FIGNORE",
    "EXECIGNORE",
    "HISTFILE",
    "HISTCMD",
    "OPTIND",
    "OPTARG",
    "OPTERR",
    "RANDOM",
    "SRANDOM",
    "SECONDS",
    "EPOCHSECONDS",
    "UID",
    "EUID",
    "PPID",
    "POSIXLY_CORRECT",
    "INPUTRC",
    "TMPDIR",
    "EDITOR",
    "VISUAL",
    "BROWSER",
    "PAGER",
    "MANPAGER",
    "MANPATH",
    "MAIL",
    "MAILCHECK",
    "MAILPATH",
    "DISPLAY",
    "TERMINFO",
    "TERMCAP",
    "HOSTALIASES",
    "LOCALDOMAIN",
    "RES_OPTIONS",
    "OPENSSL_CONF",
    "KUBECONFIG",
    "RSYNC_RSH",
    "TAR_OPTIONS",
    "GREP_OPTIONS",
    "GREP_COLORS",
    "JQ_COLORS",
    "LS_COLORS",
    "ZDOTDIR",
    "MAKEFLAGS",
];

const STEERING_STARTS: [&str; 40] = [
    "GIT_",
    "BASH_",
    "DYLD_",
    "PYTHON",
    "PERL",
    "RUBY",
    "NODE_",
    "NPM_",
    "npm_",
    "JAVA_",
    "JDK_",
    "_JAVA",
    "CLASSPATH",
    "LESS",
    "SYSTEMD_",
    "SSH_",
    "SUDO_",
    "GNUPG",
    "GPG_",
    "SSL_",
    "CURL_",
    "WGET",
    "CARGO",
    "RUSTC",
    "RUSTFLAGS",
    "RUSTUP_",
    "GO",
    "VAULT_",
    "OS_",
    "JUJU_",
    "MAAS_",
    "AWS_",
    "DOCKER_",
    "HELM_",
    "TF_",
    "ANSIBLE_",
    "XDG_",
    "RIPGREP_",
    "PIP_",
    "UV_",
];

/// What setting that name may do.
pub(super) fn class(name: &str) -> Class {
    let starts = |starts: &[&str]| starts.iter().any(|start| name.starts_with(start));
    if HIJACKS.contains(&name) || starts(&["LD_", "BASH_FUNC_", "DYLD_"]) {
        Class::Hijack
    } else if HARMLESS.contains(&name) || name.starts_with("LC_") {
        Class::Harmless
    } else if STEERING.contains(&name)
        || starts(&STEERING_STARTS)
        || name.to_ascii_lowercase().ends_with("_proxy")
    {
        Class::Steers
    } else {
        Class::Own
    }
}

/// Whether a variable that steers is set to what is known to do no harm.
pub(super) fn inert_value(name: &str, value: &str) -> bool {
    match name {
        "PAGER" | "GIT_PAGER" | "MANPAGER" | "SYSTEMD_PAGER" | "BAT_PAGER" | "GH_PAGER" => {
            ["", "cat"].contains(&value)
        }
        "GIT_TERMINAL_PROMPT"
        | "PYTHONUNBUFFERED"
        | "PYTHONDONTWRITEBYTECODE"
        | "SYSTEMD_COLORS"
        | "CARGO_TERM_COLOR"
        | "GIT_OPTIONAL_LOCKS" => value.bytes().all(|byte| byte.is_ascii_alphanumeric()),
        _ => false,
    }
}
