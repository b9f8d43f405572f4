//! What `anabranch doctor` looks at: each check is one function that returns one finding.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use anabranch_cloudtrail::ledger::AuditKey;

use crate::config::platform_data_dir;

/// How long a running server may take to say that it is ready.
const READY_TIMEOUT: Duration = Duration::from_secs(3);
/// Flushes of the speed probe.
const FLUSHES: u32 = 50;
/// A flush slower than this makes every single put slow.
const FLUSH_SLOW: Duration = Duration::from_millis(10);
/// Fewer open files than this run out with a few hundred connections and segments.
const OPEN_FILES_MIN: u64 = 4096;
/// Less free space than this is soon full.
const FREE_BYTES_MIN: u64 = 1 << 30;
/// 2025-01-01T00:00:00Z: a clock before this was never set.
const CLOCK_PLAUSIBLE_FROM_S: u64 = 1_735_689_600;

/// What one check found.
#[derive(Debug)]
pub struct Finding {
    verdict: Verdict,
    about: &'static str,
    says: String,
}

#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    Good,
    Doubtful,
    Bad,
}

/// Asks a running server whether it is ready; an error says why it is not.
pub fn ask_ready(server: SocketAddr) -> io::Result<()> {
    let mut connection = TcpStream::connect_timeout(&server, READY_TIMEOUT)?;
    connection.set_read_timeout(Some(READY_TIMEOUT))?;
    connection.write_all(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
    let mut status = String::new();
    BufReader::new(connection).read_line(&mut status)?;
    match status.split(' ').nth(1) {
        Some("200") => Ok(()),
        _ => Err(io::Error::other(format!("the server at {server} is not ready"))),
    }
}

/// Looks at everything a server here would need.
pub fn examine(data_dir: Option<PathBuf>, audit_key: Option<&Path>, listen: SocketAddr) -> Vec<Finding> {
    let mut findings = match data_dir.or_else(platform_data_dir) {
        Some(dir) => vec![
            directory(&dir),
            permissions(&dir),
            space(&dir),
            flush_speed(&dir),
            audit_key_place(&dir, audit_key),
        ],
        None => vec![Finding::bad(
            "data directory",
            "there is no home directory; name one with --data-dir".into(),
        )],
    };
    findings.extend([clock(), port(listen), open_files(), cryptography()]);
    findings
}

fn directory(dir: &Path) -> Finding {
    let about = "data directory";
    let probe = nearest_existing(dir).join(format!(".anabranch-doctor-{}", std::process::id()));
    match File::create(&probe).and_then(|_| fs::remove_file(&probe)) {
        Ok(()) if dir.exists() => Finding::good(about, format!("{} can be written", dir.display())),
        Ok(()) => Finding::good(about, format!("{} does not exist yet and can be made", dir.display())),
        Err(error) => Finding::bad(about, format!("{} cannot be written: {error}", dir.display())),
    }
}

fn permissions(dir: &Path) -> Finding {
    use std::os::unix::fs::PermissionsExt;
    let about = "permissions";
    match fs::metadata(dir) {
        Ok(found) if found.permissions().mode() & 0o007 != 0 => Finding::doubtful(
            about,
            format!("everybody on this machine may look into {}; `chmod o= {0}`", dir.display()),
        ),
        Ok(_) => Finding::good(about, "others on this machine cannot look in".into()),
        Err(_) => Finding::good(about, "it will be made for its owner alone".into()),
    }
}

/// Whoever rewrites the data directory should not find there what the audit's heads are made with.
fn audit_key_place(dir: &Path, key: Option<&Path>) -> Finding {
    let about = "audit key";
    let Some(key) = key else {
        return Finding::doubtful(
            about,
            "is in the data directory, under the master key: whoever has both can rewrite the audit unnoticed. Make one elsewhere \
             (`openssl rand -base64 32`) and name it with --audit-key"
                .into(),
        );
    };
    let within = || Some(key.canonicalize().ok()?.starts_with(dir.canonicalize().ok()?));
    match AuditKey::load(key) {
        Err(error) => Finding::bad(about, error.to_string()),
        Ok(_) if within() == Some(true) => {
            Finding::doubtful(about, format!("{} is in the data directory: keep it elsewhere", key.display()))
        }
        Ok(_) => Finding::good(about, format!("{} is outside the data directory", key.display())),
    }
}

fn space(dir: &Path) -> Finding {
    let about = "disk space";
    match free_bytes(&nearest_existing(dir)) {
        Ok(free) if free < FREE_BYTES_MIN => {
            Finding::doubtful(about, format!("only {} MiB are free", free >> 20))
        }
        Ok(free) => Finding::good(about, format!("{} GiB are free", free >> 30)),
        Err(error) => Finding::doubtful(about, format!("cannot be told: {error}")),
    }
}

fn flush_speed(dir: &Path) -> Finding {
    let about = "disk flush";
    match probe_flush(&nearest_existing(dir)) {
        Ok(median) if median > FLUSH_SLOW => Finding::doubtful(
            about,
            format!(
                "takes {median:.1?}: every single put waits that long (--durability interval=MS does not wait)"
            ),
        ),
        Ok(median) => Finding::good(about, format!("takes {median:.1?} in the median")),
        Err(error) => Finding::bad(about, format!("a file cannot be flushed: {error}")),
    }
}

/// Appends 4 KiB blocks to a file, flushing each; the median time.
fn probe_flush(dir: &Path) -> io::Result<Duration> {
    let path = dir.join(format!(".anabranch-doctor-flush-{}", std::process::id()));
    let mut file = OpenOptions::new().create_new(true).write(true).open(&path)?;
    let measured = (0..FLUSHES)
        .map(|_| {
            let begun = Instant::now();
            file.write_all(&[0; 4096])?;
            file.sync_data()?;
            Ok(begun.elapsed())
        })
        .collect::<io::Result<Vec<_>>>();
    fs::remove_file(&path)?;
    let mut times = measured?;
    times.sort_unstable();
    Ok(times[times.len() / 2])
}

fn clock() -> Finding {
    let seconds = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
    if seconds < CLOCK_PLAUSIBLE_FROM_S {
        return Finding::bad(
            "clock",
            "this machine's clock was never set: no signature can be judged".into(),
        );
    }
    Finding::good("clock", format!("it is {}", anabranch_types::Clock::machine_now()))
}

fn port(listen: SocketAddr) -> Finding {
    match TcpListener::bind(listen) {
        Ok(_) => Finding::good("port", format!("{listen} is free")),
        Err(_) if ask_ready(listen).is_ok() => {
            Finding::good("port", format!("a server answers at {listen} and is ready"))
        }
        Err(error) => Finding::bad("port", format!("cannot listen on {listen}: {error}")),
    }
}

fn open_files() -> Finding {
    let about = "open files";
    match open_files_max() {
        Ok(max) if max < OPEN_FILES_MIN => Finding::doubtful(
            about,
            format!(
                "at most {max}, which many connections use up; raise it with `ulimit -n {OPEN_FILES_MIN}`"
            ),
        ),
        Ok(max) => Finding::good(about, format!("at most {max}")),
        Err(error) => Finding::doubtful(about, format!("the limit cannot be told: {error}")),
    }
}

/// Which module does the cryptography (the feature `fips` of this crate).
fn cryptography() -> Finding {
    let about = "cryptography";
    match aws_lc_rs::try_fips_mode() {
        Ok(()) => Finding::good(about, "AWS-LC, its FIPS module".into()),
        Err(_) => Finding::good(about, "AWS-LC; its FIPS module is not built in (feature fips)".into()),
    }
}

fn nearest_existing(dir: &Path) -> PathBuf {
    dir.ancestors().find(|at| at.is_dir()).unwrap_or(Path::new(".")).to_owned()
}

/// Free bytes of the file system that holds `dir`, for this user.
fn free_bytes(dir: &Path) -> io::Result<u64> {
    let found = rustix::fs::statvfs(dir)?;
    Ok(found.f_bavail.saturating_mul(found.f_frsize))
}

/// How many files this process may raise its limit to.
fn open_files_max() -> io::Result<u64> {
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile);
    Ok(limit.maximum.unwrap_or(u64::MAX))
}

impl Finding {
    fn good(about: &'static str, says: String) -> Self {
        Self { verdict: Verdict::Good, about, says }
    }
    fn doubtful(about: &'static str, says: String) -> Self {
        Self { verdict: Verdict::Doubtful, about, says }
    }
    fn bad(about: &'static str, says: String) -> Self {
        Self { verdict: Verdict::Bad, about, says }
    }

    /// Whether a server could not run so.
    pub fn is_bad(&self) -> bool {
        self.verdict == Verdict::Bad
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mark = match self.verdict {
            Verdict::Good => "ok  ",
            Verdict::Doubtful => "note",
            Verdict::Bad => "FAIL",
        };
        write!(f, "{mark}  {:<15} {}", self.about, self.says)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fit_machine_has_no_bad_finding() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let findings = examine(Some(dir.path().join("made/later")), None, ([127, 0, 0, 1], 0).into());
        assert_eq!(findings.len(), 9);
        assert!(!findings.iter().any(Finding::is_bad), "{findings:?}");
        assert_eq!(fs::read_dir(dir.path()).expect("it is still there").count(), 0, "nothing is left behind");
    }

    #[test]
    fn it_advises_to_keep_the_audit_key_elsewhere_than_the_data() {
        use std::os::unix::fs::PermissionsExt;
        let (data, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let key = |dir: &tempfile::TempDir, mode| {
            let path = dir.path().join("audit.key");
            fs::write(&path, format!("{}=", "A".repeat(43))).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            path
        };
        let says = |key: Option<&Path>| audit_key_place(data.path(), key).to_string();
        assert!(says(None).contains("name it with --audit-key"));
        assert!(says(Some(&key(&data, 0o600))).starts_with("note"));
        assert!(says(Some(&key(&elsewhere, 0o600))).starts_with("ok"));
        assert!(says(Some(&key(&elsewhere, 0o644))).starts_with("FAIL"));
    }

    #[test]
    fn it_says_whether_the_fips_module_does_the_cryptography() {
        let says = cryptography().says;
        assert_eq!(says.contains("not built in"), !cfg!(feature = "fips"), "{says}");
    }

    #[test]
    fn a_port_that_somebody_else_uses_is_bad() {
        let taken = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = taken.local_addr().expect("its address");
        let stranger = std::thread::spawn(move || {
            let (mut caller, _) = taken.accept().expect("a caller");
            caller.write_all(b"HTTP/1.1 404 Not Found\r\n\r\n").expect("it is told");
        });
        assert!(port(address).is_bad());
        stranger.join().expect("the stranger is done");
    }
}
