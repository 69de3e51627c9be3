//! The answer of one call: what its program, its verb and its options suggest.

use crate::commands::{Effect, Tables, Written};

use super::cells::{matches, with_cell};
use super::forms::{self, Form, Piece};
use super::{Reader, Reply, basename, document, values};

/// What the call prints. `text` is what the script wants to find, where that is known.
pub(super) fn answer(words: &[String], reader: &Reader, args: &[String], text: Option<&str>) -> Reply {
    let inner = forms::inner(words);
    let call = Call { argv: &inner, reader, args, text, list: forms::is_list(&inner) };
    let mut reply = call.reply();
    call.satisfy(&mut reply);
    call.leave_files(words, &mut reply);
    reply
}

/// What makes something of its stdin, whatever that is.
pub const PACKERS: [&str; 8] = ["gzip", "pigz", "zstd", "xz", "bzip2", "lz4", "gpg", "age"];

/// What is in a file that nobody looks into: as much of it as is worth keeping.
const CONTENT: &str = "content of a file that a tool has made\n";
const CONTENT_LINES: usize = 64;

/// Folders in which no tool leaves its files.
const CLOSED: [&str; 7] = ["/usr/", "/bin/", "/sbin/", "/lib", "/proc/", "/sys/", "/dev/"];

struct Call<'a> {
    argv: &'a [String],
    reader: &'a Reader,
    args: &'a [String],
    text: Option<&'a str>,
    list: bool,
}

impl Call<'_> {
    fn program(&self) -> &str {
        self.argv.first().map_or("", |name| basename(name))
    }

    fn has(&self, word: &str) -> bool {
        self.argv.iter().any(|own| own == word)
    }

    /// The files that the tool's words name and that it makes: what comes after it looks for them.
    fn leave_files(&self, words: &[String], reply: &mut Reply) {
        if reply.exit != 0 || words != self.argv {
            return;
        }
        for file in Tables::builtin().judge(words, None).files {
            let Written::Word { index, from } = file else { continue };
            let Some(name) = words.get(index).and_then(|word| word.get(from..)) else { continue };
            let last = name.rsplit('/').next().unwrap_or_default();
            // Whatever has no ending may be a folder.
            let is_file = last.trim_start_matches('.').contains('.') && !name.contains([':', '*', '$']);
            if self.program() == "git" && self.has("clone") && !last.is_empty() {
                reply.writes.entry(format!("{name}/README.md")).or_insert_with(|| CONTENT.to_owned());
                continue;
            }
            if is_file && !CLOSED.iter().any(|folder| name.starts_with(folder)) && !name.contains("../") {
                reply.writes.entry(name.to_owned()).or_insert_with(|| self.content());
            }
        }
    }

    /// What is in a file that it makes: a dump says at its end that it is whole.
    fn content(&self) -> String {
        let end = match self.program() {
            "mysqldump" | "mariadb-dump" => "-- Dump completed on 2026-01-02  3:04:05\n",
            "pg_dump" | "pg_dumpall" => "-- PostgreSQL database dump complete\n",
            _ => "",
        };
        CONTENT.repeat(CONTENT_LINES) + end
    }

    fn reply(&self) -> Reply {
        match forms::form(self.argv) {
            _ if self.program() == "curl" || self.program() == "wget" => self.request(),
            Form::Json => Reply::text(self.document()),
            // It says everything in JSON.
            _ if self.program() == "maas" && (self.has("read") || self.reader.captured) => {
                Reply::text(self.document())
            }
            _ if !self.reader.filters.is_empty() => Reply::text(self.document()),
            _ if self.text.is_some() => Reply::text(self.placed(self.text.unwrap_or_default())),
            Form::Values(fields) if !fields.is_empty() => {
                let values: Vec<String> = fields.iter().map(|field| self.value(field)).collect();
                let separator = if self.has("csv") { "," } else { " " };
                Reply::text(values.join(separator))
            }
            Form::Template(pieces) => {
                Reply::text(pieces.iter().fold(String::new(), |text, piece| match piece {
                    Piece::Text(own) => text + own,
                    Piece::Field(field) => text + &self.value(field),
                }))
            }
            Form::Name => Reply::text(self.kind_and_name()),
            Form::Yaml => Reply::text("name: web-1\nstatus: active"),
            Form::Values(_) | Form::Plain => self.known().unwrap_or_else(|| self.by_verb()),
        }
    }

    /// Tools whose output has a form of its own.
    fn known(&self) -> Option<Reply> {
        let sub = self.argv.get(1).map_or("", String::as_str);
        let text = match self.program() {
            "systemctl" if self.has("is-active") => "active",
            "systemctl" if self.has("is-enabled") => "enabled",
            "systemctl" if self.has("is-system-running") => "running",
            "systemctl" if self.has("is-failed") => return Some(Reply { exit: 1, ..Reply::text("active") }),
            "id" if self.has("-u") => "1000",
            "id" if self.has("-un") || self.has("-nu") => "op",
            "id" if self.has("-g") => "1000",
            "id" => "uid=1000(op) gid=1000(op) groups=1000(op)",
            "whoami" | "logname" => "op",
            "hostname" if self.has("-I") || self.has("-i") => "192.0.2.10",
            "hostname" | "hostnamectl" => "host-1",
            "which" => {
                return Some(Reply::text(format!(
                    "/usr/bin/{}",
                    self.argv.last().map_or("", String::as_str)
                )));
            }
            "pgrep" | "pidof" => super::machine::PROCESS,
            "git" if self.has("rev-parse") && self.has("--show-toplevel") => "/repo",
            "git" if self.has("rev-parse") && self.has("--abbrev-ref") => "main",
            "git" if self.has("rev-parse") || self.has("ls-remote") || self.has("merge-base") => values::SHA,
            "git" if self.has("--show-current") || self.has("symbolic-ref") => "main",
            "git" if self.has("describe") => "v1.2.3",
            "git" if self.has("status") || self.has("diff") => "",
            "git" if self.has("config") => "op",
            "git" if self.has("remote") => "https://192.0.2.10/ops/tools.git",
            "lsb_release" if self.has("-cs") || self.has("-sc") => "noble",
            "lsb_release" if self.has("-is") || self.has("-si") => "Ubuntu",
            "lsb_release" => "24.04",
            "dig" | "host" | "nslookup" => "192.0.2.10",
            "getent" if sub == "hosts" || sub == "ahosts" => "192.0.2.10 host-1",
            "getent" if sub == "group" => "op:x:1000:op",
            "getent" => "op:x:1000:1000::/home/op:/bin/bash",
            "df" => {
                "Filesystem 1K-blocks Used Available Use% Mounted on\n/dev/vda1 102400000 12288000 90112000 12% /"
            }
            "du" => "12 /var",
            "free" => {
                "               total        used        free      shared  buff/cache   available\nMem:            7936        1024        4096          12        2816        6900\nSwap:           2047           0        2047"
            }
            "uptime" => " 03:04:05 up 12 days,  1:02,  1 user,  load average: 0.12, 0.10, 0.08",
            "docker" | "podman" | "nerdctl" if self.has("-q") || self.has("-aq") || self.has("-d") => {
                "3f2a9c4e7b1d"
            }
            "gpg" | "gpg2" if self.argv.iter().any(|word| word.starts_with("--export")) => {
                return Some(Reply::text(self.content()));
            }
            "pvs" | "vgs" | "lvs" => "vg0",
            "nmcli" | "ip" if self.has("route") => {
                "default via 192.0.2.1 dev eth0 proto dhcp src 192.0.2.10 metric 100"
            }
            "ip" => {
                "2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 state UP\n    inet 192.0.2.10/24 brd 192.0.2.255 scope global eth0"
            }
            "findmnt" | "blkid" | "lsblk" => "/dev/vda1",
            "dpkg-query" | "rpm" if self.argv.iter().any(|word| forms::asks_for_version(word)) => "1.2.3-1",
            "dpkg-query" | "rpm" => "install ok installed",
            "python3" | "python" | "perl" | "ruby" | "node" if self.reader.captured => {
                return Some(Reply::text(self.named()));
            }
            // What a compressor makes of its stdin is something.
            packer
                if PACKERS.contains(&packer)
                    && self.argv.iter().skip(1).all(|word| word.starts_with('-')) =>
            {
                "content"
            }
            "tar"
                if self
                    .argv
                    .iter()
                    .any(|word| word == "-" || word.starts_with("-c") && !word.contains('f')) =>
            {
                "content"
            }
            "tput" | "clear" | "stty" | "logger" | "wall" | "reset" | "true" | ":" | "tar" | "rsync"
            | "scp" | "sftp" | "gzip" | "mount" | "umount" | "chown" | "kill" | "pkill" | "mail"
            | "sendmail" => "",
            "openssl" if self.has("rand") => return Some(self.random()),
            "openssl" if self.has("-enddate") => "notAfter=Jan  1 00:00:00 2100 GMT",
            "openssl" if self.has("-subject") => "subject=CN = host-1",
            "pg_dump" | "pg_dumpall" | "mysqldump" | "mariadb-dump" if !self.reader.holds_something() => {
                return Some(Reply::text(self.content()));
            }
            "psql" | "mysql" | "sqlite3" if self.reader.captured => return Some(Reply::text(self.sql())),
            "ceph" if self.has("osd") && (self.has("ls") || self.has("ls-tree")) => "0",
            "ceph" if self.has("health") || self.has("status") || self.has("-s") => "HEALTH_OK",
            "vault" if sub == "status" => {
                "Key             Value\n---             -----\nInitialized     true\nSealed          false\nVersion         1.16.2\nHA Mode         active"
            }
            "juju" if sub == "status" => {
                "Model  Controller  Cloud/Region  Version  Timestamp\ncloud  ctl         maas/default  3.4.2    03:04:05Z\n\nApp    Version  Status  Scale\nvault  1.16     active      3\n\nUnit      Workload  Agent  Machine  Public address  Ports  Message\nvault/0*  active    idle   0        192.0.2.10             Unit is ready"
            }
            _ => return None,
        };
        Some(Reply::text(text))
    }

    /// `openssl rand -hex 16`: as much text as it would be.
    fn random(&self) -> Reply {
        let bytes: usize = self.argv.last().and_then(|word| word.parse().ok()).unwrap_or(16).min(4096);
        let length = if self.has("-hex") { bytes * 2 } else { bytes.div_ceil(3) * 4 };
        Reply::text(values::HEX32.chars().cycle().take(length).collect::<String>())
    }

    fn by_verb(&self) -> Reply {
        // Of a verb that no table knows it is not known that it lists.
        let lists = self.list && self.reader.captured;
        if Tables::builtin().effect(self.argv) == Effect::Mutate && !self.wants_value() && !lists {
            return Reply::default();
        }
        if self.list {
            return Reply::text(self.row());
        }
        if self.reader.captured {
            return Reply::text(self.named());
        }
        let verbs = [
            "show",
            "get",
            "status",
            "describe",
            "info",
            "read",
            "view",
            "version",
            "--version",
            "top",
            "logs",
        ];
        if self.argv.iter().skip(1).any(|word| verbs.contains(&word.as_str())) {
            return Reply::text(format!("{} {} ACTIVE", values::HEX32, self.name()));
        }
        Reply::default()
    }

    /// A variable that is no mere log takes the output.
    fn wants_value(&self) -> bool {
        let log = [
            "out", "output", "log", "err", "error", "msg", "message", "result", "res", "response", "reply",
            "ignored", "_",
        ];
        self.reader.variable.as_deref().is_some_and(|name| {
            let name = name.to_ascii_lowercase();
            !log.iter().any(|word| name == *word || name.ends_with(&format!("_{word}")))
        })
    }

    /// What the variable's name, or else the last field of the words, suggests.
    fn named(&self) -> String {
        let variable = self.reader.variable.as_deref().unwrap_or_default();
        if let Some(value) = values::known(variable) {
            return self.own(variable, value);
        }
        let last = self.argv.iter().rfind(|word| !word.starts_with('-')).map_or("", String::as_str);
        let last = forms::last_name(last);
        match values::known(&last) {
            Some(value) => value.to_owned(),
            None if self.reader.columns < 2 => self.name(),
            None => format!("{} {} ACTIVE", values::HEX32, self.name()),
        }
    }

    /// The value of a field of the object that the call is about.
    fn value(&self, field: &str) -> String {
        match values::known(field) {
            Some(value) => self.own(field, value),
            None => values::by_name(field),
        }
    }

    /// An object that is named in the words has that name, or that id.
    fn own(&self, field: &str, value: &str) -> String {
        let field = field.to_ascii_lowercase();
        let is_name = |word: &&String| !word.starts_with('-') && !word.contains(['{', '=']) && word.len() > 1;
        let operand = self.argv.iter().skip(2).rfind(is_name);
        let is_id = value == values::HEX32 || value == values::UUID;
        if is_id && (field == "id" || field == "uuid") {
            let is_operand = |at: &usize| {
                let before = self.argv[at - 1].as_str();
                values::is_id(&self.argv[*at]) && (before == "--" || !before.starts_with('-'))
            };
            if let Some(at) = (1..self.argv.len()).find(is_operand) {
                return self.argv[at].clone();
            }
            // What is asked for by its name is what the script is about.
            if let Some(id) = self.args.iter().find(|arg| values::is_id(arg) && !self.list) {
                return id.clone();
            }
            return if self.dashed() { values::UUID.to_owned() } else { values::HEX32.to_owned() };
        }
        if field == "name" && !self.list {
            let behind = self.argv.iter().skip_while(|word| *word != "show").nth(1);
            if let Some(name) =
                behind.or(operand).filter(|name| !values::is_id(name) && !name.starts_with('-'))
            {
                return name.clone();
            }
        }
        if field.ends_with("name") { self.name() } else { value.to_owned() }
    }

    /// `OpenStack` gives ids with dashes to all but the objects of keystone.
    fn dashed(&self) -> bool {
        let Some(tool) = Tables::builtin().tool(self.program()) else { return false };
        let Some(plain) = tool.id_forms.get("hex32") else { return false };
        let noun = self.argv.iter().skip(1).find(|word| !word.starts_with('-') && !word.contains('='));
        noun.is_some_and(|noun| !plain.contains(noun))
    }

    /// A name that the script was given, else one that may be any.
    fn name(&self) -> String {
        let given =
            self.args.iter().find(|arg| !arg.starts_with('-') && !values::is_id(arg) && !arg.contains('/'));
        given.cloned().unwrap_or_else(|| "web-1".to_owned())
    }

    fn row(&self) -> String {
        let id = if self.dashed() { values::UUID } else { values::HEX32 };
        match self.reader.variable.as_deref().and_then(values::known) {
            Some(value) if self.reader.columns < 2 && self.reader.variable.as_deref() != Some("state") => {
                value.to_owned()
            }
            _ if self.reader.captured && self.reader.columns < 2 => self.name(),
            _ => format!("{id} {} ACTIVE", self.name()),
        }
    }

    fn kind_and_name(&self) -> String {
        let noun = self.argv.iter().skip_while(|word| *word != "get").nth(1).map_or("pod", String::as_str);
        let kind = noun.split('/').next().unwrap_or(noun).trim_end_matches('s');
        format!("{kind}/{}", self.name())
    }

    fn sql(&self) -> String {
        let text = self.argv.join(" ").to_ascii_lowercase();
        if text.contains("count(") {
            return "3".to_owned();
        }
        self.named()
    }

    fn document(&self) -> String {
        let columns = match forms::form(self.argv) {
            Form::Values(columns) => columns,
            _ => Vec::new(),
        };
        let mut fields: Vec<(String, String)> =
            columns.iter().map(|name| (name.clone(), self.value(name))).collect();
        if fields.is_empty() {
            fields =
                ["id", "name", "status"].iter().map(|name| ((*name).to_owned(), self.value(name))).collect();
        }
        document::document(&self.reader.filters, self.list, &fields, self.text)
    }

    /// `curl` and `wget`: a body, a code, or a file.
    fn request(&self) -> Reply {
        let value_of = |names: &[&str]| {
            let at = self.argv.iter().position(|word| names.contains(&word.as_str()) || short(word, names));
            at.and_then(|at| self.argv.get(at + 1)).map(String::as_str)
        };
        let format = value_of(&["-w", "--write-out"]);
        let file = value_of(if self.program() == "wget" {
            &["-O", "--output-document"]
        } else {
            &["-o", "--output"]
        });
        let body = match self.text {
            _ if !self.reader.filters.is_empty() => self.document(),
            Some(text) if format.is_none() => text.to_owned(),
            _ if self.argv.iter().any(|word| word == "--head" || is_flag(word, 'I')) => {
                "HTTP/1.1 200 OK\ncontent-type: text/html\ncontent-length: 1234\netag: \"3f2a9c4e\"\nlast-modified: Fri, 02 Jan 2026 03:04:05 GMT\nlocation: https://192.0.2.10:8443/".to_owned()
            }
            _ => match self.reader.variable.as_deref().and_then(values::known) {
                Some(value) if format.is_none() => value.to_owned(),
                _ if self.reader.captured && format.is_none() => r#"{"status":"up"}"#.to_owned(),
                _ => "up".to_owned(),
            },
        };
        let mut reply = Reply::default();
        let code = self.text.filter(|_| self.reader.filters.is_empty()).unwrap_or("200");
        let written = format.map(|format| {
            let text =
                format.replace("%{http_code}", code).replace("%{response_code}", code).replace("\\n", "\n");
            text.replace("%{time_total}", "0.012")
                .replace("%{size_download}", "12")
                .replace("%{exitcode}", "0")
        });
        match file {
            Some("-") => reply = Reply::text(body),
            Some(file) if file != "/dev/null" => {
                reply.writes.insert(file.to_owned(), format!("{body}\n"));
            }
            Some(_) => {}
            None if self.program() == "wget" => {}
            None => reply.stdout = format!("{body}\n"),
        }
        if let Some(written) = written {
            reply.stdout.push_str(&written);
            if !reply.stdout.ends_with('\n') {
                reply.stdout.push('\n');
            }
        }
        reply
    }

    /// `text` in the column that the script takes.
    fn placed(&self, text: &str) -> String {
        let Some(column) = self.reader.column.filter(|column| *column > 1) else { return text.to_owned() };
        let separator = self.reader.separator.map_or_else(|| " ".to_owned(), String::from);
        let mut columns = vec!["x".to_owned(); column - 1];
        if let Some(first) = columns.first_mut() {
            *first = self.name();
        }
        columns.push(text.to_owned());
        columns.join(&separator)
    }

    /// Adds what is looked for, and as many columns as are read.
    fn satisfy(&self, reply: &mut Reply) {
        if reply.exit != 0 || !self.reader.filters.is_empty() {
            return;
        }
        if !reply.stdout.trim().is_empty() && self.reader.columns > 1 && self.text.is_none() {
            let separator = self.reader.separator.map_or_else(|| " ".to_owned(), String::from);
            let lines: Vec<String> = reply
                .stdout
                .lines()
                .map(|line| {
                    let count = match self.reader.separator {
                        Some(separator) => line.split(separator).count(),
                        None => line.split_whitespace().count(),
                    };
                    (count..self.reader.columns)
                        .fold(line.to_owned(), |line, _| format!("{line}{separator}value-1"))
                })
                .collect();
            reply.stdout = lines.join("\n") + "\n";
        }
        self.fill(reply);
        if self.reader.header && reply.stdout.lines().count() == 1 {
            let columns =
                reply.stdout.split_whitespace().enumerate().map(|(at, _)| format!("COLUMN{}", at + 1));
            reply.stdout = format!("{}\n{}", columns.collect::<Vec<_>>().join(" "), reply.stdout);
        }
    }

    /// Puts in what the script looks for.
    fn fill(&self, reply: &mut Reply) {
        if !self.reader.captured {
            return;
        }
        for (column, text) in self.reader.cells.iter().filter(|_| self.text.is_none()) {
            reply.stdout = with_cell(&reply.stdout, *column, text, self.reader.separator);
        }
        for pattern in &self.reader.wanted {
            if matches(pattern, &reply.stdout) {
                continue;
            }
            let sample = values::written(pattern).unwrap_or_else(|| pattern.clone());
            let rest = reply.stdout.trim_end();
            // `^node-`: the first column begins with that.
            let begun = format!("{sample}{rest}\n");
            if pattern.starts_with('^') && !rest.is_empty() && matches(pattern, &begun) {
                reply.stdout = begun;
                continue;
            }
            reply.stdout = if rest.is_empty() { format!("{sample}\n") } else { format!("{sample} {rest}\n") };
        }
    }
}

/// Whether a word has the flag, among others perhaps: `-fsSI`.
fn is_flag(word: &str, flag: char) -> bool {
    word.strip_prefix('-')
        .is_some_and(|flags| flags.bytes().all(|byte| byte.is_ascii_alphabetic()) && flags.contains(flag))
}

/// `-sSo`: a bundle that ends in the option.
fn short(word: &str, names: &[&str]) -> bool {
    let bundle = word.strip_prefix('-').filter(|bundle| !bundle.starts_with('-') && bundle.len() > 1);
    bundle.is_some_and(|bundle| {
        bundle.bytes().all(|b| b.is_ascii_alphabetic())
            && names.iter().any(|name| name.len() == 2 && bundle.ends_with(&name[1..]))
    })
}
