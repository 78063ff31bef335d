use std::panic::catch_unwind;
use std::path::Path;

use servers::Program;

#[test]
fn a_program_that_never_listens_fails_with_its_log() {
    let panic = catch_unwind(|| {
        Program::start("Test", Path::new("/bin/sh"), |port, directory| {
            vec!["-c".to_owned(), format!("echo no server on port {port} in {}; exit 3", directory.display())]
        })
    });
    let panic = panic.expect_err("it has ended");
    let message = panic.downcast_ref::<String>().expect("it has a message");
    assert!(message.starts_with("Test ended (exit status: 3):\nno server on port "), "{message}");
}
