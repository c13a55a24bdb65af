//! Work that can be measured: its inputs are created before the measurement starts.

use std::hint::black_box;

/// Work with its inputs.
pub struct Work(Box<dyn Batch>);

impl Work {
    /// Measures `run` with the drop of its input and output, but not `input`.
    pub(crate) fn new<I: 'static, O: 'static>(
        input: impl FnMut() -> I + 'static,
        run: impl FnMut(I) -> O + 'static,
    ) -> Self {
        Self(Box::new(Of {
            inputs: Vec::new(),
            input,
            run,
        }))
    }

    /// Creates the inputs of `count` repetitions.
    pub fn prepare(&mut self, count: usize) {
        self.0.prepare(count);
    }

    /// Does the work once for each input.
    pub fn run(&mut self) {
        self.0.run();
    }

    /// Does the work once, so that lazy initialization is not measured.
    pub fn warm_up(&mut self) {
        self.prepare(1);
        self.run();
    }
}

trait Batch {
    fn prepare(&mut self, count: usize);
    fn run(&mut self);
}

struct Of<I, P, R> {
    inputs: Vec<I>,
    input: P,
    run: R,
}

impl<I, O, P: FnMut() -> I, R: FnMut(I) -> O> Batch for Of<I, P, R> {
    fn prepare(&mut self, count: usize) {
        self.inputs.reserve(count);
        self.inputs.extend((0..count).map(|_| (self.input)()));
    }

    fn run(&mut self) {
        for input in self.inputs.drain(..) {
            black_box((self.run)(black_box(input)));
        }
    }
}
