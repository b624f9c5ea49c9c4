pub mod audience;
pub mod evening;
pub mod model;
pub mod replay;
