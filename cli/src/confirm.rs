//! Asks for confirmation before a change that can't be undone.

use std::io::{BufRead, IsTerminal, Write, stderr, stdin};

use anyhow::{bail, ensure};
use clap::Args;

/// The option of commands that take or destroy something.
#[derive(Args)]
pub struct Confirmation {
    /// Don't ask for confirmation.
    #[arg(long, short)]
    yes: bool,
}

impl Confirmation {
    /// Asks on a terminal. Without a terminal, only the option `--yes` confirms.
    pub fn ask(&self, question: &str) -> anyhow::Result<()> {
        if self.yes {
            return Ok(());
        }
        if !(stdin().is_terminal() && stderr().is_terminal()) {
            bail!("{question} There is no terminal to ask on: confirm with --yes. Nothing was changed");
        }
        write!(stderr(), "{question} [y/N] ")?;
        stderr().flush()?;
        let mut answer = String::new();
        stdin().lock().read_line(&mut answer)?;
        ensure!(is_yes(&answer), "nothing was changed");
        Ok(())
    }
}

fn is_yes(answer: &str) -> bool {
    matches!(answer.trim().to_lowercase().as_str(), "y" | "yes")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_yes_confirms() {
        assert!(["y", "Y\n", " yes\r\n", "YES"].into_iter().all(is_yes));
        assert!(!["", "\n", "n", "no", "yeah", "ja", "yy"].into_iter().any(is_yes));
    }
}
