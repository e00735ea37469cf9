mod introspect;
mod order;
mod publish;
mod slow;
mod subscribe;
