pub mod audience;
pub mod dispatch;
pub mod evening;
pub mod model;
pub mod replay;
