//! Writing of metric families: the header once, then the samples of each service.

use std::fmt;

use breaker_core::Metrics;
use prometheus_client::encoding::{
    DescriptorEncoder, EncodeCounterValue, EncodeGaugeValue, EncodeLabelSet, MetricEncoder, NoLabelSet,
};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::Unit;

/// The header of a family. The encoders append the unit to the name, and `_total` to that of a counter.
pub(crate) struct Family {
    pub(crate) name: &'static str,
    pub(crate) help: &'static str,
    pub(crate) unit: Option<Unit>,
    pub(crate) kind: MetricType,
}

impl Family {
    pub(crate) const fn counter(name: &'static str, help: &'static str) -> Self {
        Self { name, help, unit: None, kind: MetricType::Counter }
    }

    pub(crate) const fn gauge(name: &'static str, help: &'static str) -> Self {
        Self { name, help, unit: None, kind: MetricType::Gauge }
    }
}

/// Writes the families of one snapshot. Labels and values are written in place, without an allocation.
pub(crate) struct Families<'e, 's> {
    encoder: DescriptorEncoder<'e>,
    services: &'s [Metrics],
    /// The name of the label that has the name of the service.
    label: &'static str,
}

impl<'e, 's> Families<'e, 's> {
    pub(crate) fn new(encoder: DescriptorEncoder<'e>, services: &'s [Metrics], label: &'static str) -> Self {
        Self { encoder, services, label }
    }

    /// Writes the header, and calls `samples` with each service.
    pub(crate) fn write(
        &mut self,
        family: &Family,
        samples: impl Fn(&Metrics, &mut Samples<'_, '_>) -> fmt::Result,
    ) -> fmt::Result {
        let Family { name, help, unit, kind } = family;
        let mut encoder = self.encoder.encode_descriptor(name, help, unit.as_ref(), *kind)?;
        for metrics in self.services {
            samples(metrics, &mut Samples { encoder: &mut encoder, service: (self.label, metrics.service) })?;
        }
        Ok(())
    }
}

/// Writes the samples of one service in one family.
pub(crate) struct Samples<'m, 'e> {
    encoder: &'m mut MetricEncoder<'e>,
    service: (&'static str, &'m str),
}

impl Samples<'_, '_> {
    pub(crate) fn counter(&mut self, value: u64) -> fmt::Result {
        counter(self.encoder, &[self.service], &value)
    }

    /// Writes one counter for each value of the label.
    pub(crate) fn counters<V: EncodeCounterValue + Copy, const N: usize>(
        &mut self,
        label: &str,
        values: [(&str, V); N],
    ) -> fmt::Result {
        values.iter().try_for_each(|(case, value)| counter(self.encoder, &[self.service, (label, case)], value))
    }

    /// Writes one counter for each pair of values of two labels.
    pub(crate) fn counters_by_pair<const N: usize>(
        &mut self,
        labels: [&str; 2],
        values: [(&str, &str, u64); N],
    ) -> fmt::Result {
        values.iter().try_for_each(|(one, other, value)| {
            counter(self.encoder, &[self.service, (labels[0], one), (labels[1], other)], value)
        })
    }

    pub(crate) fn gauge(&mut self, value: impl EncodeGaugeValue + Copy) -> fmt::Result {
        gauge(self.encoder, &[self.service], &value)
    }

    /// Writes one gauge for each value of the label.
    pub(crate) fn gauges<const N: usize>(&mut self, label: &str, values: [(&str, u64); N]) -> fmt::Result {
        values.iter().try_for_each(|(case, value)| gauge(self.encoder, &[self.service, (label, case)], value))
    }

    /// `buckets` are the numbers of values in each bucket alone, and end with infinity.
    pub(crate) fn histogram(&mut self, sum: f64, buckets: &[(f64, u64)]) -> fmt::Result {
        let count = buckets.iter().map(|(_, count)| count).sum();
        self.encoder.encode_family(&[self.service])?.encode_histogram::<NoLabelSet>(sum, count, buckets, None)
    }
}

fn counter(
    encoder: &mut MetricEncoder<'_>,
    labels: &impl EncodeLabelSet,
    value: &impl EncodeCounterValue,
) -> fmt::Result {
    encoder.encode_family(labels)?.encode_counter::<NoLabelSet, _, f64>(value, None)
}

fn gauge(encoder: &mut MetricEncoder<'_>, labels: &impl EncodeLabelSet, value: &impl EncodeGaugeValue) -> fmt::Result {
    encoder.encode_family(labels)?.encode_gauge(value)
}
