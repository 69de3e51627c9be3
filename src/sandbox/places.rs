//! Where things are in the world, and what the roles are called. Constants only: `stub/` is compiled with them too.

/// The role that makes the namespaces, as `argv[0]`.
pub(super) const LANDLORD: &str = "gauntlet:landlord";
/// The role that builds the root and starts trials.
pub(super) const KEEPER: &str = "gauntlet:keeper";
/// The role that is a trial's first process.
pub(super) const SUPERVISOR: &str = "gauntlet:supervisor";

/// The same role where who starts it cannot choose `argv[0]`: the path of the binary.
pub(super) const SUPERVISOR_PATH: &str = "/.gauntlet/supervisor";

/// The role of a script's process at S4 before it is the script, as `argv[0]`: the program and its words follow.
pub(super) const BELOW: &str = "gauntlet:below";

/// The folder that is ours.
pub(super) const PRIVATE: &str = "/.gauntlet";
/// The stub; every other one is a hard link to it.
pub(super) const STUB: &str = "/.gauntlet/call";
/// The `gauntlet` binary itself.
pub(super) const WHOLE: &str = "/.gauntlet/whole";
/// The real bash.
pub(super) const BASH: &str = "/.gauntlet/bash";
/// Real tools whose names are stubs.
pub(super) const REAL: &str = "/.gauntlet/real";
/// What every bash reads first; other forms of it have a longer name.
pub(super) const BASH_ENV: &str = "/.gauntlet/env";
/// What a bash reads first that nobody asks which line calls.
pub(super) const BASH_ENV_PLAIN: &str = "/.gauntlet/env-plain";
/// What `/dev/random` and `/dev/urandom` say: the same in every run, or two runs without a fault would make other calls.
pub(super) const CHANCE: &str = "/.gauntlet/chance";
/// An empty file.
pub(super) const NOTHING: &str = "/.gauntlet/nothing";
/// Seconds that have passed of the world's time.
pub(super) const CLOCK: &str = "/.gauntlet/state/.clock";
/// The signal that the script was sent, once it was.
pub(super) const SIGNAL: &str = "/.gauntlet/state/.signal";
/// What handlers keep between calls.
pub(super) const STATE: &str = "/.gauntlet/state";
/// The abstract socket of the trial; abstract names live in the network namespace, not in a folder.
pub(super) const SOCKET: &[u8] = b"gauntlet";

/// Folders that a script may write to, each fresh for every trial.
pub(super) const WRITABLE: &[&str] =
    &["/repo", "/home", "/tmp", "/var", "/run", "/srv", "/opt", "/mnt", "/dev/shm"];

/// Where the folders really are that a script names and that no world has.
pub(super) const ELSEWHERE: &str = "/srv/.root";
/// Where such folders are, as a script names them.
pub(super) const NAMED_IN: &[&str] = &["/", "/usr/share", "/usr/lib", "/usr/libexec", "/usr/local"];

/// The folder of settings: fresh for every trial, with the world's own files in it.
pub(super) const ETC: &str = "/etc";

/// `PATH` in the world.
pub(super) const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// The user that scripts run as.
pub(super) const USER: u32 = 1000;

/// The variable that tells the calls below under which limit they run.
pub(super) const LIMIT: &str = "GAUNTLET_LIMIT";
/// The variable that tells the whole program which call it takes over, and under which name that was made: `NUMBER:PROGRAM`.
pub(super) const TAKEN_OVER: &str = "GAUNTLET_TAKEN_OVER";
/// The variable that tells it where the world's `/` is, where that is a folder.
pub(super) const ROOT: &str = "GAUNTLET_ROOT";

/// How long a call that does not read its stdin waits for whoever feeds it to have begun, in milliseconds.
pub(super) const FEEDER: u16 = 100;

/// Shells that get [`BASH_ENV`] and are then executed for real.
pub(super) const SHELLS: &[&str] = &["bash", "sh", "dash"];
