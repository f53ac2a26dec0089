package series

import (
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

// Encode appends the message prometheus.WriteRequest of remote write 1.0. The
// message has three small parts, so it is written by hand: the generated code
// would bring Prometheus' own tree along. external are labels for every
// series; one of ours by the same name stays.
func Encode(dst []byte, external []Label, timeMS int64, samples []Sample) []byte {
	for _, s := range samples {
		if s.encoded == nil {
			s.Series.encoded = encodeLabels(s.Series, external)
		}
		var one [20]byte
		sample := append(one[:0], 1<<3|byte(protowire.Fixed64Type))
		sample = protowire.AppendFixed64(sample, math.Float64bits(s.Value))
		sample = append(sample, 2<<3|byte(protowire.VarintType))
		sample = protowire.AppendVarint(sample, uint64(timeMS))

		size := len(s.encoded) + 1 + protowire.SizeBytes(len(sample))
		dst = protowire.AppendTag(dst, 1, protowire.BytesType)
		dst = protowire.AppendVarint(dst, uint64(size))
		dst = append(dst, s.encoded...)
		dst = protowire.AppendTag(dst, 2, protowire.BytesType)
		dst = protowire.AppendBytes(dst, sample)
	}
	return dst
}

// encodeLabels gives a series' labels as fields of a TimeSeries, sorted by
// name, as the protocol wants them.
func encodeLabels(s *Series, external []Label) []byte {
	all := append([]Label{{"__name__", s.Name}}, s.Labels...)
	for _, x := range external {
		taken := false
		for _, l := range s.Labels {
			taken = taken || l.Name == x.Name
		}
		if !taken {
			all = append(all, x)
		}
	}
	var out []byte
	for _, l := range sortLabels(all) {
		var pair []byte
		pair = protowire.AppendTag(pair, 1, protowire.BytesType)
		pair = protowire.AppendString(pair, l.Name)
		pair = protowire.AppendTag(pair, 2, protowire.BytesType)
		pair = protowire.AppendString(pair, l.Value)
		out = protowire.AppendTag(out, 1, protowire.BytesType)
		out = protowire.AppendBytes(out, pair)
	}
	return out
}
