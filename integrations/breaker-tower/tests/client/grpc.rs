//! gRPC: a tonic client over the layer, and answers of a server written by hand.
