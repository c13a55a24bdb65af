//! Work that can be measured: its inputs are created before the measurement starts.

use std::hint::black_box;

/// How a contender covers a row.
pub enum Offer {
    /// The contender does this work.
    Does(Work),
    /// The benchmark does a part of the work, which the note describes.
    Helped(Work, &'static str),
    /// The contender cannot do this work, for the reason in the note.
    Cannot(&'static str),
    /// The row does not apply to the contender.
    Absent,
}

impl Offer {
    #[must_use]
    pub fn work(self) -> Option<Work> {
        match self {
            Self::Does(work) | Self::Helped(work, _) => Some(work),
            Self::Cannot(_) | Self::Absent => None,
        }
    }

    #[must_use]
    pub fn note(&self) -> Option<&'static str> {
        match self {
            Self::Helped(_, note) | Self::Cannot(note) => Some(note),
            Self::Does(_) | Self::Absent => None,
        }
    }
}

/// Work, and a part of it that is subtracted.
pub struct Work {
    all: Box<dyn Batch>,
    less: Option<Box<dyn Batch>>,
}

impl Work {
    /// Measures `run` with the drop of its input and output, but not `input`.
    pub(crate) fn new<I: 'static, O: 'static>(
        input: impl FnMut() -> I + 'static,
        run: impl FnMut(I) -> O + 'static,
    ) -> Self {
        Self {
            all: Box::new(Of {
                inputs: Vec::new(),
                input,
                run,
            }),
            less: None,
        }
    }

    /// Subtracts other work, for an interface that combines both.
    pub(crate) fn less(self, other: Self) -> Self {
        Self {
            less: Some(other.all),
            ..self
        }
    }

    /// Measures `count` repetitions of the work with `measure`.
    pub fn measure(
        &mut self,
        count: usize,
        mut measure: impl FnMut(&mut dyn FnMut()) -> f64,
    ) -> f64 {
        let mut one = |batch: &mut Box<dyn Batch>| {
            batch.prepare(count);
            measure(&mut || batch.run())
        };
        let all = one(&mut self.all);
        all - self.less.as_mut().map_or(0.0, one)
    }

    /// Does the work once, so that lazy initialization is not measured.
    pub fn warm_up(&mut self) {
        self.measure(1, |run| {
            run();
            0.0
        });
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
