//! Ids: a type for each kind of thing, so that an order's number cannot be taken for a customer's.

use core::fmt;

use ttlog_std::Argument;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident($number:ty)) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub $number);

        impl fmt::Display for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(out)
            }
        }

        // Recorded as the number it is: nothing is formatted when it is logged.
        impl Argument for $name {
            type Stored<'a> = $number;

            fn stored(&self) -> $number {
                self.0
            }
        }
    };
}

id! {
    /// A registered customer.
    CustomerId(u64)
}

id! {
    /// A product of the catalogue.
    ProductId(u32)
}

id! {
    /// An order. The customer's side chooses it, so that an order sent twice is known for one.
    OrderId(u64)
}
