//! What files say that every machine has: `/proc/meminfo`, `/etc/os-release`, a file with a process's number.

use super::values::{HEX32, UUID};

const MEMINFO: &str = "MemTotal:       16331132 kB\nMemFree:         9214348 kB\nMemAvailable:   13104220 kB\nBuffers:          214880 kB\nCached:          3420172 kB\nSwapCached:            0 kB\nActive:          2911040 kB\nInactive:        2604112 kB\nDirty:               148 kB\nSlab:             402116 kB\nSwapTotal:       2097148 kB\nSwapFree:        2097148 kB\nCommitLimit:    10262712 kB\nCommitted_AS:    4120044 kB\nHugePages_Total:       0\nHugePages_Free:        0\nHugepagesize:       2048 kB\n";

const OS_RELEASE: &str = "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nNAME=\"Debian GNU/Linux\"\nVERSION_ID=\"12\"\nVERSION=\"12 (bookworm)\"\nVERSION_CODENAME=bookworm\nID=debian\nHOME_URL=\"https://www.debian.org/\"\n";

/// The number of a process that runs.
pub const PROCESS: &str = "4711";

/// Files by their paths.
const FILES: &[(&str, &str)] = &[
    ("/proc/meminfo", MEMINFO),
    ("/proc/loadavg", "0.12 0.10 0.08 1/123 4711\n"),
    ("/proc/uptime", "864000.12 3391204.48\n"),
    ("/proc/version", "Linux version 6.1.0-18-amd64 (debian-kernel@lists.debian.org) #1 SMP\n"),
    ("/proc/cmdline", "BOOT_IMAGE=/vmlinuz-6.1.0-18-amd64 root=/dev/sda1 ro quiet\n"),
    (
        "/proc/stat",
        "cpu  120034 210 30412 9840211 2210 0 812 0 0 0\ncpu0 120034 210 30412 9840211 2210 0 812 0 0 0\nctxt 40210334\nbtime 1767225600\nprocesses 123456\nprocs_running 1\nprocs_blocked 0\n",
    ),
    (
        "/proc/cpuinfo",
        "processor\t: 0\nvendor_id\t: GenuineIntel\nmodel name\t: Intel(R) Xeon(R) CPU\ncpu MHz\t\t: 2400.000\ncpu cores\t: 2\nflags\t\t: fpu vme msr pae sse2 vmx aes avx2\n\nprocessor\t: 1\nvendor_id\t: GenuineIntel\nmodel name\t: Intel(R) Xeon(R) CPU\ncpu MHz\t\t: 2400.000\ncpu cores\t: 2\nflags\t\t: fpu vme msr pae sse2 vmx aes avx2\n\n",
    ),
    (
        "/proc/mdstat",
        "Personalities : [raid1]\nmd0 : active raid1 sdb1[1] sda1[0]\n      976630464 blocks super 1.2 [2/2] [UU]\n\nunused devices: <none>\n",
    ),
    (
        "/proc/swaps",
        "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n/dev/sda2                               partition\t2097148\t\t0\t\t-2\n",
    ),
    (
        "/proc/partitions",
        "major minor  #blocks  name\n\n   8        0  976762584 sda\n   8        1  974664704 sda1\n   8        2    2097152 sda2\n",
    ),
    (
        "/proc/diskstats",
        "   8       0 sda 120034 2103 9840211 40120 210334 9810 8402112 90210 0 60120 130330\n",
    ),
    (
        "/proc/modules",
        "overlay 163840 0 - Live 0x0\nbr_netfilter 36864 0 - Live 0x0\nkvm 1146880 0 - Live 0x0\n",
    ),
    ("/proc/filesystems", "nodev\tsysfs\nnodev\ttmpfs\nnodev\tproc\n\text4\n\txfs\n"),
    ("/proc/sys/kernel/hostname", "host-1\n"),
    ("/proc/sys/kernel/osrelease", "6.1.0-18-amd64\n"),
    ("/proc/sys/kernel/pid_max", "4194304\n"),
    ("/proc/sys/fs/file-nr", "1024\t0\t9223372\n"),
    ("/proc/sys/fs/file-max", "9223372\n"),
    ("/etc/hostname", "host-1\n"),
    ("/etc/timezone", "Etc/UTC\n"),
    ("/etc/debian_version", "12.5\n"),
    ("/etc/resolv.conf", "search example.org\nnameserver 192.0.2.53\n"),
    ("/etc/fstab", "/dev/sda1 / ext4 defaults 0 1\n/dev/sda2 none swap sw 0 0\n"),
];

/// What a file below `/sys` says, by its name.
const SYS: &[(&str, &str)] = &[
    ("operstate", "up"),
    ("speed", "1000"),
    ("mtu", "1500"),
    ("address", "02:00:5e:10:00:01"),
    ("rotational", "0"),
    ("size", "1953525168"),
    ("temp", "42000"),
    ("scheduler", "[mq-deadline] none"),
    ("scaling_governor", "performance"),
    ("online", "0-3"),
    ("possible", "0-3"),
    ("state", "running"),
    ("array_state", "clean"),
    ("sys_vendor", "QEMU"),
    ("product_name", "KVM"),
    ("product_uuid", UUID),
    ("memory.max", "max"),
    ("memory.current", "104857600"),
    ("cpu.max", "max 100000"),
];

/// What the file at that path says on a machine where all is well; `None` where its path does not tell.
pub(super) fn content(path: &str) -> Option<String> {
    if let Some((_, content)) = FILES.iter().find(|(known, _)| *known == path) {
        return Some((*content).to_owned());
    }
    let name = path.rsplit('/').next().unwrap_or(path);
    let line = match name {
        "os-release" => return Some(OS_RELEASE.to_owned()),
        "uuid" | "boot_id" => UUID,
        "machine-id" => HEX32,
        _ if name.rsplit('.').next() == Some("json") => "{}",
        _ if name.rsplit('.').next() == Some("pid") => PROCESS,
        _ if path.starts_with("/sys/") => {
            SYS.iter().find(|(known, _)| *known == name).map_or("1", |(_, line)| line)
        }
        _ if path.starts_with("/proc/sys/") => "1",
        _ => return None,
    };
    Some(format!("{line}\n"))
}

/// All that is known of `/proc`.
pub(super) fn proc() -> impl Iterator<Item = (&'static str, &'static str)> {
    FILES.iter().copied().filter(|(path, _)| path.starts_with("/proc/"))
}

/// Whether the path is one at which the kernel tells of the machine, and not of a process.
pub(super) fn is_of_the_kernel(path: &str) -> bool {
    let below = |folder: &str| path.strip_prefix(folder).is_some_and(|rest| !rest.is_empty());
    let of_a_process = |rest: &str| {
        let first = rest.split('/').next().unwrap_or(rest);
        matches!(first, "self" | "thread-self" | "mounts" | "net")
            || first.bytes().all(|byte| byte.is_ascii_digit())
    };
    below("/sys/") || path.strip_prefix("/proc/").is_some_and(|rest| !of_a_process(rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_every_machine_has_says_something_plausible() {
        assert!(content("/proc/meminfo").is_some_and(|text| text.contains("MemAvailable:")));
        for (path, line) in [
            ("/run/app/web.pid", "4711\n"),
            ("/etc/docker/daemon.json", "{}\n"),
            ("/sys/class/net/eth0/operstate", "up\n"),
            ("/proc/sys/net/ipv4/ip_forward", "1\n"),
            ("/proc/sys/fs/file-nr", "1024\t0\t9223372\n"),
        ] {
            assert_eq!(content(path).as_deref(), Some(line), "{path}");
        }
        assert_eq!(content("/etc/app.conf"), None);
        assert!(is_of_the_kernel("/proc/meminfo") && is_of_the_kernel("/sys/class/net"));
        assert!(
            !is_of_the_kernel("/proc/9/stat")
                && !is_of_the_kernel("/proc/self/fd")
                && !is_of_the_kernel("/etc/x")
        );
    }
}
