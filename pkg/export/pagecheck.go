package export

import (
	"encoding/binary"
	"fmt"

	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// The Parquet library makes room for as many values as a page says that it
// holds, at four places, each up to gigabytes; running out of memory cannot
// be caught. So before it sees a column chunk, every such number is held
// against the rows of the row group. That decompresses each page once more,
// which is 3 % of reading it.

const (
	maxPageBytes       = 64 << 20
	maxPageHeaderBytes = 64 << 10
)

// pageChecker walks the pages of one column chunk.
type pageChecker struct {
	s        *sealedReader
	meta     *format.ColumnMetaData
	optional bool
	left     int64 // rows that no page has told of yet
}

func (s *sealedReader) checkPages(g, leaf int) error {
	group := &s.f.Metadata().RowGroups[g]
	if leaf >= len(group.Columns) {
		return fmt.Errorf("the row group has %d columns", len(group.Columns))
	}
	c := pageChecker{s: s, meta: &group.Columns[leaf].MetaData, optional: s.f.Schema().Fields()[leaf].Optional(), left: group.NumRows}
	at := c.meta.DataPageOffset
	if d := c.meta.DictionaryPageOffset; d != 0 {
		at = d
	}
	n := c.meta.TotalCompressedSize
	if at < 0 || n < 0 || at > s.w.size || n > s.w.size-at || n > maxBodyBytes {
		return fmt.Errorf("it lies outside of the file")
	}
	// The whole chunk with one read, for the check and for the library.
	if err := s.w.hold(at, n); err != nil {
		return err
	}
	for end := at + n; at < end; {
		used, err := c.page(at, end)
		if err != nil {
			return fmt.Errorf("page at offset %d: %w", at, err)
		}
		at += used
	}
	return nil
}

// page checks the page that begins at an offset and gives its length.
func (c *pageChecker) page(at, end int64) (int64, error) {
	head := make([]byte, min(maxPageHeaderBytes, end-at))
	if err := readFull(c.s.w, head, at); err != nil {
		return 0, err
	}
	r := new(thrift.CompactProtocol).NewReaderFromBytes(head)
	var h format.PageHeader
	if err := thrift.NewDecoder(r).Decode(&h); err != nil {
		return 0, err
	}
	used, size := int64(r.BytesRead()), int64(h.CompressedPageSize)
	if size < 0 || size > end-at-used || h.UncompressedPageSize < 0 || h.UncompressedPageSize > maxPageBytes {
		return 0, fmt.Errorf("%d bytes, %d uncompressed, make no sense", size, h.UncompressedPageSize)
	}
	data := make([]byte, size)
	if err := readFull(c.s.w, data, at+used); err != nil {
		return 0, err
	}
	var err error
	switch {
	case h.Type == format.DictionaryPage && h.DictionaryPageHeader.Valid:
		err = c.dictionary(&h, data)
	case h.Type == format.DataPageV2 && h.DataPageHeaderV2.Valid:
		err = c.data(&h, data)
	default:
		err = fmt.Errorf("a page of type %s; segments have data pages of version 2", h.Type)
	}
	return used + size, err
}

func (c *pageChecker) dictionary(h *format.PageHeader, data []byte) error {
	d := h.DictionaryPageHeader.V
	//lint:ignore SA1019 writers of the format's first version still use it, and it means the same
	if d.Encoding != format.Plain && d.Encoding != format.PlainDictionary {
		return fmt.Errorf("a dictionary encoded as %s", d.Encoding)
	}
	plain, err := c.unpack(data, int64(h.UncompressedPageSize), true)
	if err != nil {
		return err
	}
	// A word takes at least the four bytes of its length.
	if d.NumValues < 0 || int64(d.NumValues) > int64(len(plain))/4 {
		return fmt.Errorf("a dictionary of %d words in %d bytes", d.NumValues, len(plain))
	}
	return nil
}

func (c *pageChecker) data(h *format.PageHeader, data []byte) error {
	d := h.DataPageHeaderV2.V
	levels := int64(d.DefinitionLevelsByteLength)
	if d.NumValues < 0 || int64(d.NumValues) > c.left || d.NumNulls < 0 || d.NumNulls > d.NumValues ||
		d.RepetitionLevelsByteLength != 0 || levels < 0 || levels > int64(len(data)) || levels > int64(h.UncompressedPageSize) {
		return fmt.Errorf("%d values, %d of them null, with %d bytes of levels make no sense", d.NumValues, d.NumNulls, levels)
	}
	c.left -= int64(d.NumValues)
	if c.optional {
		if err := checkRuns(data[:levels], 1, int(d.NumValues)); err != nil {
			return err
		}
	}
	packed := !d.IsCompressed.Valid || d.IsCompressed.V
	plain, err := c.unpack(data[levels:], int64(h.UncompressedPageSize)-levels, packed)
	if err != nil {
		return err
	}
	values := int(d.NumValues - d.NumNulls)
	switch d.Encoding {
	case format.Plain:
		return nil // the library finds its values in the bytes that are there
	case format.DeltaBinaryPacked:
		return checkDelta(plain, values)
	//lint:ignore SA1019 see dictionary
	case format.RLEDictionary, format.PlainDictionary:
		if len(plain) == 0 {
			return nil
		}
		return checkRuns(plain[1:], uint(plain[0]), values)
	}
	return fmt.Errorf("encoding %s is none of version 1", d.Encoding)
}

// unpack decompresses what says that it has a size, if it is compressed.
func (c *pageChecker) unpack(data []byte, size int64, packed bool) ([]byte, error) {
	if c.meta.Codec == format.Uncompressed || !packed {
		if int64(len(data)) != size {
			return nil, fmt.Errorf("%d bytes, not the %d that it says", len(data), size)
		}
		return data, nil
	}
	if len(data) == 0 && size == 0 {
		return nil, nil
	}
	var h zstd.Header
	if err := h.Decode(data); err != nil {
		return nil, err
	}
	if h.HasFCS && h.FrameContentSize > uint64(size) {
		return nil, fmt.Errorf("holds more than the %d bytes that it says", size)
	}
	dec, err := unzstd()
	if err != nil {
		return nil, err
	}
	plain, err := dec.DecodeAll(data, make([]byte, 0, size))
	if err == nil && int64(len(plain)) > size {
		err = fmt.Errorf("%d bytes, not the %d that it says", len(plain), size)
	}
	return plain, err
}

// checkDelta holds the number of values in the head of DELTA_BINARY_PACKED
// data (after block size and mini-blocks) against what there should be.
func checkDelta(data []byte, values int) error {
	var n uint64
	for range 3 {
		x, used := binary.Uvarint(data)
		if used <= 0 {
			if values == 0 && len(data) == 0 {
				return nil
			}
			return fmt.Errorf("the head of its values is broken")
		}
		n, data = x, data[used:]
	}
	if n > uint64(values) {
		return fmt.Errorf("its values say that they are %d, not %d", n, values)
	}
	return nil
}

// checkRuns adds up the runs of RLE data: repeated values, or groups of
// eight packed ones, of which the last may be filled up.
func checkRuns(data []byte, width uint, values int) error {
	var sum uint64
	for len(data) > 0 {
		head, used := binary.Uvarint(data)
		if used <= 0 {
			return fmt.Errorf("the head of a run is broken")
		}
		data = data[used:]
		count, bytes := head>>1, uint64(width+7)/8
		if head&1 != 0 {
			bytes = count * uint64(width)
			count *= 8
		}
		if sum += count; count > maxGroupRows || sum > uint64(values)+8 || bytes > uint64(len(data)) {
			return fmt.Errorf("runs of %d values in all, not %d", sum, values)
		}
		data = data[bytes:]
	}
	return nil
}
