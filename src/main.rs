//! bin

use labproof::cluster::Progress;
use labproof::cluster::local::{ImageRecipe, LocalCluster, UpOptions, node};

struct Lines(std::time::Instant);
impl Progress for Lines {
    fn stage(&self, number: usize, of: usize, what: &str) {
        anstream::eprintln!("{:7.2} [{number}/{of}] {what}", self.0.elapsed().as_secs_f32());
    }
    fn advance(&self, done: u64, total: u64, detail: &str) {
        anstream::eprintln!("{:7.2}   {done}/{total} {detail}", self.0.elapsed().as_secs_f32());
    }
}

#[tokio::main]
#[allow(clippy::print_stderr)]
async fn main() -> std::process::ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let progress = Lines(std::time::Instant::now());
    let result = match words.as_slice() {
        ["cluster", "node", "--state", state] => node::main(std::path::Path::new(state)).await,
        ["cluster", "up", name] => {
            let images = ImageRecipe::read_dir(std::path::Path::new("labs/images")).unwrap_or_default();
            let mut yes = |_: &[String]| true;
            let up = LocalCluster::up(UpOptions { name, images: &images, confirm: &mut yes, progress: &progress, program: None });
            tokio::select! {
                result = up => result.map(|_| ()),
                _ = tokio::signal::ctrl_c() => Ok(()),
            }
        }
        ["cluster", "down", name] => LocalCluster::remove(name, &progress).await,
        _ => {
            anstream::eprintln!("{:?}", LocalCluster::list());
            Ok(())
        }
    };
    match result {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            anstream::eprintln!("{error}");
            std::process::ExitCode::from(3)
        }
    }
}
