//! Rung S4: what Landlock and seccomp deny to this process and to all that it starts.
//!
//! Written: only the world's folder. Executed: only what is in it, the shells and the loader of the host. Read: the
//! world, the host's programs and libraries, `/proc` and `/dev`. No socket but Unix ones, no signal and no connection to a process outside.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use landlock::{
    ABI, Access, AccessFs, CompatLevel, Compatible, Ruleset, RulesetAttr, RulesetCreatedAttr, Scope,
    path_beneath_rules,
};
use nix::libc;
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
};

use super::{places, root};

/// What is demanded: files cannot be truncated nor devices controlled from outside (5), signals and abstract sockets end
/// at the domain (6). Linux 6.12.
const DEMANDED: ABI = ABI::V6;

/// Host folders that are read.
const READ: &[&str] =
    &["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/etc/ld.so.cache", "/proc", "/dev"];

/// Host programs that are executed: shells by their shebang, and what finds them. `BASH_ENV` reaches them.
const EXECUTED: &[&str] =
    &["/bin/bash", "/usr/bin/bash", "/bin/sh", "/usr/bin/sh", "/bin/dash", "/usr/bin/dash", "/usr/bin/env"];

/// Where the loaders are.
const LOADERS: &[&str] = &["/lib", "/lib64", "/usr/lib"];

/// Devices that are written.
const DEVICES: &[&str] = &["/dev/null", "/dev/zero", "/dev/full", "/dev/tty"];

/// Where pseudo-terminals are.
const TERMINALS: &[&str] = &["/dev/ptmx", "/dev/pts"];

/// Calls of which none is a script's business.
const DENIED: &[libc::c_long] = &[
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_io_uring_setup,
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_pivot_root,
    libc::SYS_chroot,
    libc::SYS_unshare,
    libc::SYS_setns,
    libc::SYS_bpf,
    libc::SYS_keyctl,
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_perf_event_open,
    libc::SYS_kexec_load,
    libc::SYS_reboot,
    libc::SYS_swapon,
    libc::SYS_swapoff,
    libc::SYS_settimeofday,
    libc::SYS_clock_settime,
    libc::SYS_sethostname,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_kexec_file_load,
    libc::SYS_adjtimex,
    libc::SYS_clock_adjtime,
    libc::SYS_sched_setaffinity,
    libc::SYS_sched_setscheduler,
    libc::SYS_sched_setparam,
    libc::SYS_shmget,
    libc::SYS_shmat,
    libc::SYS_shmctl,
    libc::SYS_msgget,
    libc::SYS_msgsnd,
    libc::SYS_msgctl,
    libc::SYS_semget,
    libc::SYS_semop,
    libc::SYS_semctl,
    libc::SYS_mq_open,
    libc::SYS_mq_unlink,
];

/// Calls that are denied where this argument names another process.
const OF_OTHERS: &[(libc::c_long, u8)] = &[(libc::SYS_prlimit64, 0), (libc::SYS_setpriority, 1)];

/// Confines this process. `terminal`: it may open pseudo-terminals, the user's too.
pub(super) fn confine(terminal: bool) -> Result<(), String> {
    files(terminal)
        .map_err(|error| format!("Landlock does not confine it (Linux 6.12 or later does): {error}"))?;
    calls().map_err(|error| format!("seccomp does not confine it: {error}"))
}

fn files(terminal: bool) -> Result<(), landlock::RulesetError> {
    let read = AccessFs::ReadFile | AccessFs::ReadDir;
    // Of a path that is no folder, what only folders can be asked for is left out; one that is not there is left out.
    Ruleset::default()
        .set_compatibility(CompatLevel::HardRequirement)
        .handle_access(AccessFs::from_all(DEMANDED))?
        .scope(Scope::from_all(DEMANDED))?
        .create()?
        .add_rules(path_beneath_rules([root::root()], read | AccessFs::Execute))?
        .add_rules(path_beneath_rules(written(), AccessFs::from_all(DEMANDED)))?
        .add_rules(path_beneath_rules(READ, read))?
        .add_rules(path_beneath_rules(EXECUTED, read | AccessFs::Execute))?
        .add_rules(path_beneath_rules(loaders(), read | AccessFs::Execute))?
        .add_rules(path_beneath_rules(
            DEVICES.iter().chain(if terminal { TERMINALS } else { &[] }),
            read | AccessFs::WriteFile | AccessFs::IoctlDev,
        ))?
        .restrict_self()?;
    Ok(())
}

/// The programs that load other programs' libraries: `ld-linux-x86-64.so.2`, `ld-musl-aarch64.so.1`.
fn loaders() -> Vec<PathBuf> {
    let entries = |folder: &Path| {
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        entries.map(|entry| entry.path()).collect::<Vec<_>>()
    };
    let name = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let all: Vec<PathBuf> = LOADERS.iter().flat_map(|folder| entries(Path::new(folder))).collect();
    // `x86_64-linux-gnu`
    let below: Vec<PathBuf> =
        all.iter().filter(|path| name(path).ends_with("-gnu")).flat_map(|path| entries(path)).collect();
    all.into_iter().chain(below).filter(|path| name(path).starts_with("ld-")).collect()
}

/// The folders of the world that a script may write to; the rest of it is gauntlet's own.
fn written() -> Vec<PathBuf> {
    places::WRITABLE.iter().chain(&[places::STATE]).map(|folder| root::at(folder)).collect()
}

/// The script's own process: it may signal what it starts, and nobody above it.
pub(super) fn keep_below() -> Result<(), String> {
    let scoped = || {
        Ruleset::default()
            .set_compatibility(CompatLevel::HardRequirement)
            .scope(Scope::Signal)?
            .create()?
            .restrict_self()
    };
    scoped().map(|_| ()).map_err(|error| format!("Landlock does not confine it: {error}"))
}

fn calls() -> Result<(), Box<dyn std::error::Error>> {
    let family = |op, family: libc::c_int| {
        SeccompCondition::new(0, SeccompCmpArgLen::Dword, op, u64::from(family.cast_unsigned()))
    };
    let no_unix = SeccompRule::new(vec![family(SeccompCmpOp::Ne, libc::AF_UNIX)?])?;
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> = DENIED.iter().map(|call| (*call, Vec::new())).collect();
    rules.insert(libc::SYS_socket, vec![no_unix]);
    for (call, argument) in OF_OTHERS {
        let other = SeccompCondition::new(*argument, SeccompCmpArgLen::Dword, SeccompCmpOp::Ne, 0)?;
        rules.insert(*call, vec![SeccompRule::new(vec![other])?]);
    }
    let denied = SeccompAction::Errno(libc::EPERM.cast_unsigned());
    let filter = SeccompFilter::new(rules, SeccompAction::Allow, denied, std::env::consts::ARCH.try_into()?)?;
    let program: BpfProgram = filter.try_into()?;
    Ok(seccompiler::apply_filter(&program)?)
}
