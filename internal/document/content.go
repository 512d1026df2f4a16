package document

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"strings"
)

// content reads an upload, checks it while it streams by, and gives what is to
// be stored. Errors of the checks come out of Read.
type content struct {
	format Format
	flaw   Flaw // known once Read returned io.EOF

	in   *bufio.Reader
	step func() error // puts the next piece into out; io.EOF at the end
	out  []byte
	used int // bytes of in's buffer that out is made of
	err  error
}

// inspect tells what r holds by its first bytes. It returns ErrEmpty and
// ErrFormat; the content's Read returns ErrTooLarge, ErrBroken, ErrBig and
// ErrActive.
func inspect(r io.Reader) (*content, error) {
	c := &content{in: bufio.NewReaderSize(&capped{r: r, left: MaxSize}, 8<<10)}
	head, err := c.in.Peek(16)
	if err != nil && err != io.EOF {
		return nil, err
	}
	switch {
	case len(head) == 0:
		return nil, ErrEmpty
	case bytes.HasPrefix(head, []byte("%PDF-1.")), bytes.HasPrefix(head, []byte("%PDF-2.")):
		p := &pdfCheck{c: c}
		c.format, c.step = PDF, p.step
	case bytes.HasPrefix(head, []byte("\xff\xd8\xff")):
		j := &jpegFilter{c: c}
		c.format, c.step = JPEG, j.begin
	case bytes.HasPrefix(head, []byte(pngHead)):
		p := &pngFilter{c: c}
		c.format, c.step = PNG, p.begin
	default:
		return nil, ErrFormat
	}
	return c, nil
}

func (c *content) Read(p []byte) (int, error) {
	for len(c.out) == 0 {
		if c.err != nil {
			return 0, c.err
		}
		_, _ = c.in.Discard(c.used) // buffered, so it cannot fail
		c.used = 0
		c.err = c.step()
	}
	n := copy(p, c.out)
	c.out = c.out[n:]
	return n, nil
}

// take reads exactly n bytes; a file that ends before is broken.
func (c *content) take(n int) ([]byte, error) {
	b := make([]byte, n)
	if _, err := io.ReadFull(c.in, b); err != nil {
		return nil, broken(err)
	}
	return b, nil
}

// rest reads what follows the picture without keeping it: cameras append
// previews and films, and so do those who hide an archive in a photograph.
func (c *content) rest() error {
	if _, err := io.Copy(io.Discard, c.in); err != nil {
		return err
	}
	return io.EOF
}

func broken(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return ErrBroken
	}
	return err
}

// capped ends with ErrTooLarge when there are more than left bytes, and with
// ErrCutOff when the sender went away.
type capped struct {
	r    io.Reader
	left int64
}

func (c *capped) Read(p []byte) (int, error) {
	if c.left < 0 {
		return 0, ErrTooLarge
	}
	if int64(len(p)) > c.left+1 {
		p = p[:c.left+1]
	}
	n, err := c.r.Read(p)
	if c.left -= int64(n); c.left < 0 {
		return 0, ErrTooLarge
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = ErrCutOff // the connection broke, not the file
	}
	return n, err
}

func tooBig(width, height int) error {
	switch {
	case width == 0 || height == 0:
		return ErrBroken
	case width > maxSide || height > maxSide || width*height > maxPixels:
		return ErrBig
	}
	return nil
}

// jpegFilter passes a JPEG on without what is not picture: of the segments
// before the scans only tables, frames, colour profile and orientation stay.
type jpegFilter struct {
	c     *content
	frame bool // a frame header was seen: how large the picture is
}

// Markers. Source: ITU-T T.81 table B.1.
const (
	soi, eoi, sos  = 0xd8, 0xd9, 0xda
	app0, app1     = 0xe0, 0xe1
	app2, app14    = 0xe2, 0xee
	dqt, dht, dac  = 0xdb, 0xc4, 0xcc
	dri, dnl       = 0xdd, 0xdc
	rst0, rst7     = 0xd0, 0xd7
	sof0, sof15    = 0xc0, 0xcf
	jpgReserved    = 0xc8
	exifHead       = "Exif\x00\x00"
	orientationTag = 0x0112
)

func (j *jpegFilter) begin() error {
	head, err := j.c.take(2)
	j.c.out, j.c.step = head, j.segment
	return err
}

// segment handles one marker outside of scans.
func (j *jpegFilter) segment() error {
	marker, err := j.marker()
	if err != nil {
		return err
	}
	if marker == eoi {
		if !j.frame {
			return ErrBroken
		}
		j.c.out, j.c.step = []byte{0xff, eoi}, j.c.rest
		return nil
	}
	length, err := j.c.take(2)
	if err != nil {
		return err
	}
	n := int(binary.BigEndian.Uint16(length))
	if n < 2 {
		return ErrBroken
	}
	body, err := j.c.take(n - 2)
	if err != nil {
		return err
	}
	keep := append([]byte{0xff, marker, length[0], length[1]}, body...)
	switch {
	case marker == sos:
		if !j.frame {
			return ErrBroken
		}
		j.c.out, j.c.step = keep, j.scan
	case marker >= sof0 && marker <= sof15 && marker != dht && marker != dac && marker != jpgReserved:
		if len(body) < 6 {
			return ErrBroken
		}
		j.frame, j.c.out = true, keep
		return tooBig(int(binary.BigEndian.Uint16(body[3:])), int(binary.BigEndian.Uint16(body[1:])))
	case marker == dqt, marker == dht, marker == dac, marker == dri, marker == dnl, marker == app14,
		marker == app0 && bytes.HasPrefix(body, []byte("JFIF\x00")),
		marker == app2 && bytes.HasPrefix(body, []byte("ICC_PROFILE\x00")):
		j.c.out = keep
	case marker == app1:
		if o := orientation(body); o > 1 {
			j.c.out = orientationSegment(o)
		}
	case marker > app0 && marker <= 0xef, marker == app0, marker == 0xfe:
		// Traces of place, time and device, previews, comments: left out.
	default:
		return ErrBroken
	}
	return nil
}

func (j *jpegFilter) marker() (byte, error) {
	b, err := j.c.take(2)
	if err != nil {
		return 0, err
	}
	if b[0] != 0xff {
		return 0, ErrBroken
	}
	for b[1] == 0xff { // fill bytes
		next, err := j.c.in.ReadByte()
		if err != nil {
			return 0, broken(err)
		}
		b[1] = next
	}
	return b[1], nil
}

// scan passes coded data on until a marker that is not part of it.
func (j *jpegFilter) scan() error {
	if _, err := j.c.in.Peek(2); err != nil {
		return broken(err)
	}
	buf, _ := j.c.in.Peek(j.c.in.Buffered())
	end := 0
	for end < len(buf) {
		i := bytes.IndexByte(buf[end:], 0xff)
		if i < 0 {
			end = len(buf)
			break
		}
		if end += i; end+1 == len(buf) {
			break // the next byte decides
		}
		if next := buf[end+1]; next != 0 && (next < rst0 || next > rst7) {
			j.c.step = j.segment
			break
		}
		end += 2
	}
	j.c.out, j.c.used = buf[:end], end
	return nil
}

// orientation returns how the picture is turned, 1 to 8, or 0 when body is no
// Exif block or does not say. Source: CIPA DC-008, 4.6.
func orientation(body []byte) int {
	tiff, ok := bytes.CutPrefix(body, []byte(exifHead))
	if !ok || len(tiff) < 8 {
		return 0
	}
	var order binary.ByteOrder = binary.LittleEndian
	if tiff[0] == 'M' {
		order = binary.BigEndian
	}
	at := int64(order.Uint32(tiff[4:]))
	if at+2 > int64(len(tiff)) {
		return 0
	}
	n := int64(order.Uint16(tiff[at:]))
	for i := range n {
		e := at + 2 + i*12
		if e+12 > int64(len(tiff)) {
			return 0
		}
		if order.Uint16(tiff[e:]) == orientationTag {
			if v := int(order.Uint16(tiff[e+8:])); v >= 1 && v <= 8 {
				return v
			}
			return 0
		}
	}
	return 0
}

// orientationSegment is an Exif block that says how the picture is turned and
// nothing else.
func orientationSegment(o int) []byte {
	b := []byte{0xff, app1, 0, 0}
	b = append(b, exifHead+"MM\x00\x2a\x00\x00\x00\x08\x00\x01"...)
	b = binary.BigEndian.AppendUint16(b, orientationTag)
	b = append(b, 0, 3, 0, 0, 0, 1, 0, byte(o), 0, 0, 0, 0, 0, 0)
	binary.BigEndian.PutUint16(b[2:], uint16(len(b)-2))
	return b
}

const pngHead = "\x89PNG\r\n\x1a\n"

// pngFilter passes a PNG on without texts, times and unknown chunks.
type pngFilter struct {
	c     *content
	left  int // bytes of the chunk that is being passed on
	sum   uint32
	keep  bool
	data  bool // picture data was seen
	first bool // the header was seen
	end   bool
}

func (p *pngFilter) begin() error {
	head, err := p.c.take(len(pngHead))
	p.c.out, p.c.step = head, p.chunk
	return err
}

// chunk reads the head of a chunk. Source: ISO/IEC 15948, 5.3 and 11.
func (p *pngFilter) chunk() error {
	if p.end {
		return p.c.rest()
	}
	head, err := p.c.take(8)
	if err != nil {
		return err
	}
	n, kind := binary.BigEndian.Uint32(head), string(head[4:])
	if n > MaxSize || p.first == (kind == "IHDR") {
		return ErrBroken
	}
	p.left, p.sum = int(n), crc32.ChecksumIEEE(head[4:])
	switch kind {
	case "IHDR":
		size, err := p.c.in.Peek(8)
		if err != nil || n != 13 {
			return ErrBroken
		}
		if err := tooBig(int(binary.BigEndian.Uint32(size)), int(binary.BigEndian.Uint32(size[4:]))); err != nil {
			return err
		}
		p.first, p.keep = true, true
	case "IDAT":
		p.data, p.keep = true, true
	case "IEND":
		if !p.data || n != 0 {
			return ErrBroken
		}
		p.end, p.keep = true, true
	case "PLTE", "tRNS", "gAMA", "cHRM", "sRGB", "sBIT", "bKGD", "pHYs":
		p.keep = true
	default:
		if kind[0]&0x20 == 0 { // critical and unknown: nobody could show it
			return ErrBroken
		}
		p.keep = false
	}
	if p.keep {
		p.c.out = head
	}
	p.c.step = p.body
	return nil
}

func (p *pngFilter) body() error {
	piece, err := p.c.take(min(p.left, 32<<10))
	if err != nil {
		return err
	}
	p.sum = crc32.Update(p.sum, crc32.IEEETable, piece)
	if p.left -= len(piece); p.left == 0 {
		sum, err := p.c.take(4)
		if err != nil {
			return err
		}
		if binary.BigEndian.Uint32(sum) != p.sum {
			return ErrBroken
		}
		piece = append(piece, sum...)
		p.c.step = p.chunk
	}
	if p.keep {
		p.c.out = piece
	}
	return nil
}

// pdfCheck passes a PDF on and looks at its names and its end.
type pdfCheck struct {
	c    *content
	buf  []byte
	kept int // bytes at the beginning of buf that were passed on already

	locked bool
}

// tailSize is how far from the end a reader looks for the end mark.
// Source: ISO 32000-1 annex H, note 18.
const tailSize = 1024

// longestName is how much of a name can matter: "/EmbeddedFile" with each
// character written as #xx, and the character after it.
const longestName = 3*len("/EmbeddedFile") + 1

func (p *pdfCheck) step() error {
	if p.buf == nil {
		p.buf = make([]byte, tailSize+32<<10)
	}
	n, err := io.ReadFull(p.c.in, p.buf[p.kept:])
	last := err == io.EOF || err == io.ErrUnexpectedEOF
	if err != nil && !last {
		return err
	}
	b := p.buf[:p.kept+n]
	if err := p.names(b[max(0, p.kept-longestName):], last); err != nil {
		return err
	}
	p.c.out = b[p.kept:]
	if last {
		switch {
		case !ends(b[max(0, len(b)-tailSize):]):
			p.c.flaw = CutOff
		case p.locked:
			p.c.flaw = Locked
		}
		return io.EOF
	}
	p.c.step = p.shift
	return nil
}

// shift keeps the end of what was passed on for the next look.
func (p *pdfCheck) shift() error {
	copy(p.buf, p.buf[len(p.buf)-tailSize:])
	p.kept, p.c.step = tailSize, p.step
	return nil
}

// names refuses what runs or carries programs, and notices a lock. A name at
// the very end is looked at again together with what follows it.
func (p *pdfCheck) names(b []byte, last bool) error {
	for i := 0; ; {
		next := bytes.IndexByte(b[i:], '/')
		if next < 0 {
			return nil
		}
		i += next + 1
		if len(b)-i < longestName-1 && !last {
			return nil
		}
		switch name(b[i:min(len(b), i+longestName)]) {
		case "JavaScript", "Launch", "EmbeddedFile", "RichMedia":
			return ErrActive
		case "Encrypt":
			p.locked = true
		}
	}
}

// name reads a PDF name, its #xx written out, up to the first character that
// is not a letter.
func name(b []byte) string {
	var s strings.Builder
	for i := 0; i < len(b); i++ {
		c := b[i]
		if c == '#' && i+2 < len(b) {
			c = unhex(b[i+1])<<4 | unhex(b[i+2])
			i += 2
		}
		if (c|0x20) < 'a' || (c|0x20) > 'z' {
			break
		}
		s.WriteByte(c)
	}
	return s.String()
}

func unhex(c byte) byte {
	switch {
	case c >= '0' && c <= '9':
		return c - '0'
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return c | 0x20 - 'a' + 10
	}
	return 0
}

// ends reports whether a PDF ends as it should, with nothing after the mark
// that another program could take for a file of its own.
func ends(tail []byte) bool {
	i := bytes.LastIndex(tail, []byte("%%EOF"))
	return i >= 0 && bytes.Contains(tail[:i], []byte("startxref")) && len(bytes.Trim(tail[i+5:], "\x00\t\n\f\r ")) == 0
}

// told reports whether err is one of the checks' own and the person hears of it.
func told(err error) (error, bool) {
	for _, e := range []error{ErrTooLarge, ErrBroken, ErrBig, ErrActive, ErrCutOff} {
		if errors.Is(err, e) {
			return e, true
		}
	}
	return err, false
}
