//! One definition of each value, for proptest and for arbitrary.
//!
//! A value is a function of a sequence of choices, and each choice is a number below a maximum. The two features differ in where the
//! numbers come from: from the random number generator of proptest, or from the input of a fuzz target. A choice of 0 is the simplest,
//! and a sequence that has ended continues with 0. So a smaller number is a simpler value, and proptest shrinks the numbers.

/// The choices that a value is made of.
pub(crate) struct Choices<'a> {
    /// Returns a number below its argument.
    draw: &'a mut dyn FnMut(u32) -> u32,
}

impl<'a> Choices<'a> {
    #[cfg(any(feature = "arbitrary", feature = "proptest"))]
    pub(crate) fn new(draw: &'a mut dyn FnMut(u32) -> u32) -> Self {
        Self { draw }
    }

    /// Returns a number below `count`, which is not 0.
    pub(crate) fn below(&mut self, count: u32) -> u32 {
        (self.draw)(count)
    }

    /// Returns true once in `count` times.
    pub(crate) fn once_in(&mut self, count: u32) -> bool {
        self.below(count) == count - 1
    }

    /// Returns one of `values`; the first is the simplest.
    pub(crate) fn one_of<T: Copy>(&mut self, values: &[T]) -> T {
        let count = u32::try_from(values.len()).unwrap_or(u32::MAX);
        values[self.below(count) as usize]
    }

    /// Returns a number of 16 bits.
    pub(crate) fn number(&mut self) -> u16 {
        u16::try_from(self.below(1 << 16)).unwrap_or(u16::MAX)
    }

    /// Returns up to 11 characters, most of them letters.
    pub(crate) fn text(&mut self) -> String {
        let length = self.below(12);
        (0..length).map(|_| self.character()).collect()
    }

    fn character(&mut self) -> char {
        match self.below(8) {
            5 => self.one_of(&[' ', '"', '\\', '%', '&', '=', '+', '#', '?', '/', ':']),
            6 => self.one_of(&['\0', '\n', '\r', '\t', 'é', '\u{202e}', '\u{feff}', '😀']),
            7 => {
                let code = self.below(0x11) << 16 | u32::from(self.number());
                char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER)
            }
            _ => char::from(b'a' + u8::try_from(self.below(26)).unwrap_or_default()),
        }
    }
}

/// Implements the traits of both features for types with a function `generate`.
macro_rules! values {
    ($($type:ty),+ $(,)?) => {
        $(
            #[cfg(feature = "proptest")]
            impl proptest::arbitrary::Arbitrary for $type {
                type Parameters = ();
                type Strategy = $crate::Values<Self>;

                fn arbitrary_with((): ()) -> Self::Strategy {
                    $crate::Values::new(Self::generate)
                }
            }

            #[cfg(feature = "arbitrary")]
            impl<'a> arbitrary::Arbitrary<'a> for $type {
                fn arbitrary(input: &mut arbitrary::Unstructured<'a>) -> arbitrary::Result<Self> {
                    // The range is not empty, and an input that has ended gives its start.
                    let mut draw = |count| input.int_in_range(0..=count - 1).unwrap_or(0);
                    Ok(Self::generate(&mut $crate::choices::Choices::new(&mut draw)))
                }
            }
        )+
    };
}

pub(crate) use values;
