//! What `cargo xtask test` runs: the named steps, without the parts that are left out.

/// The parts that can be left out. `servers`: the tests against real servers (the package of that name), and the
/// installation of the servers.
const PARTS: [&str; 1] = ["servers"];

/// What the arguments choose.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Choice {
    /// The steps; all if none is named.
    pub(crate) steps: Vec<String>,
    /// Whether the tests against real servers run.
    pub(crate) with_servers: bool,
}

impl Choice {
    /// Reads names of steps, and `--without <part>`, in any order.
    pub(crate) fn read(args: &[String]) -> Result<Self, String> {
        let mut choice = Self { steps: Vec::new(), with_servers: true };
        let mut args = args.iter().map(String::as_str);
        while let Some(arg) = args.next() {
            let part = match arg.split_once('=').unwrap_or((arg, "")) {
                ("--without", "") => args.next().unwrap_or(""),
                ("--without", part) => part,
                _ if arg.starts_with('-') => {
                    return Err(format!("unknown option `{arg}` for `test`; expected `--without {}`", PARTS.join("|")));
                }
                _ => {
                    choice.steps.push(arg.to_owned());
                    continue;
                }
            };
            match part {
                "servers" => choice.with_servers = false,
                "" => return Err(format!("`--without` needs what to leave out: {}", PARTS.join(", "))),
                other => return Err(format!("unknown part `{other}` for `--without`; expected: {}", PARTS.join(", "))),
            }
        }
        Ok(choice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<Choice, String> {
        Choice::read(&line.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
    }

    fn choice(steps: &[&str], with_servers: bool) -> Choice {
        Choice { steps: steps.iter().map(|&step| step.to_owned()).collect(), with_servers }
    }

    #[test]
    fn steps_and_parts_are_read_in_any_order() {
        assert_eq!(read(""), Ok(choice(&[], true)));
        assert_eq!(read("tests docs"), Ok(choice(&["tests", "docs"], true)));
        assert_eq!(read("--without servers"), Ok(choice(&[], false)));
        assert_eq!(read("tests --without=servers docs"), Ok(choice(&["tests", "docs"], false)));
    }

    #[test]
    fn what_can_t_be_left_out_is_an_error_that_lists_what_can() {
        let error = |line| read(line).expect_err("it is refused");
        assert_eq!(error("--without server"), "unknown part `server` for `--without`; expected: servers");
        assert_eq!(error("tests --without"), "`--without` needs what to leave out: servers");
        assert_eq!(error("--without="), "`--without` needs what to leave out: servers");
        assert_eq!(error("--skip servers"), "unknown option `--skip` for `test`; expected `--without servers`");
    }
}
