package signature

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"
)

// gap is where the signature stands in a file: everything else up to end is signed.
type gap struct {
	from, to int // of "<hex…>", both signs included
	end      int // of the signed part; the file's length when nothing was appended
}

// digest returns the SHA-256 of what the signature covers.
func (g gap) digest(file []byte) []byte {
	h := sha256.New()
	h.Write(file[:g.from])
	h.Write(file[g.to:g.end])
	return h.Sum(nil)
}

// fill returns what stands in the gap: the signature in hex, zeros after it.
// A signature too long for the gap gives something longer than the gap.
func (g gap) fill(cms []byte) []byte {
	out := make([]byte, 0, g.to-g.from)
	out = append(out, '<')
	out = hex.AppendEncode(out, cms)
	for len(out) < g.to-g.from-1 {
		out = append(out, '0')
	}
	return append(out, '>')
}

// The first lines of a signature dictionary, always written in this form so
// that they are found again without a PDF parser.
const (
	dictHead   = "/SubFilter /ETSI.CAdES.detached\n/ByteRange ["
	rangeForm  = "0 %10d %10d %10d]\n/Contents "
	dateBefore = "\n/M (D:"
	dateForm   = "20060102150405"
)

// maxSignatures bounds the work on a hostile file.
const maxSignatures = 8

// findSignatures returns the signatures whose ranges make sense, the latest
// first, and whether there was anything like a signature at all.
func findSignatures(file []byte) (found []gap, signed bool) {
	for rest := file; len(found) < maxSignatures; {
		i := bytes.LastIndex(rest, []byte(dictHead))
		if i < 0 {
			break
		}
		signed = true
		rest = rest[:i]
		if g, ok := readRange(file, i+len(dictHead)); ok {
			found = append(found, g)
		}
	}
	return found, signed
}

// readRange reads the numbers at offset at. The gap they name must follow at
// once, so that it is where addSignature left it.
func readRange(file []byte, at int) (gap, bool) {
	empty := fmt.Sprintf(rangeForm, 0, 0, 0)
	if len(file) < at+len(empty) {
		return gap{}, false
	}
	text := string(file[at:][:len(empty)])
	var n [3]int
	for i := range n {
		const first, step = 2, 11
		n[i], _ = strconv.Atoi(strings.TrimLeft(text[first+i*step:][:step-1], " "))
	}
	g := gap{from: n[0], to: n[1], end: n[1] + n[2]}
	ok := text == fmt.Sprintf(rangeForm, n[0], n[1], n[2]) &&
		g.from == at+len(empty) && g.to >= g.from+2 && g.end >= g.to && g.end <= len(file) &&
		file[g.from] == '<' && file[g.to-1] == '>'
	return g, ok
}

// signedAt reads the time that addSignature wrote after the gap.
func signedAt(file []byte, g gap) (time.Time, error) {
	text := file[g.to:g.end]
	if len(text) < len(dateBefore)+len(dateForm) || string(text[:len(dateBefore)]) != dateBefore {
		return time.Time{}, errCMS
	}
	return time.Parse(dateForm, string(text[len(dateBefore):][:len(dateForm)]))
}

// addSignature appends to file an update with an invisible signature field
// whose signature has room bytes, still empty.
func addSignature(file []byte, room int, name string, why Reason, now time.Time) ([]byte, gap, error) {
	old, err := readStructure(file)
	if err != nil {
		return nil, gap{}, err
	}
	dict, field := old.size, old.size+1
	out := bytes.NewBuffer(bytes.Clone(file))
	offsets := map[int]int{}
	object := func(number int, text string) {
		offsets[number] = out.Len()
		fmt.Fprintf(out, "%d 0 obj\n%s\nendobj\n", number, text)
	}

	object(old.root, closeWith(old.catalog, fmt.Sprintf(
		"/Version /1.7\n/AcroForm <</Fields [%d 0 R] /SigFlags 3>>\n/Perms <</DocMDP %d 0 R>>\n", field, dict)))
	object(old.firstPage, withAnnotation(old.page, field))
	object(field, fmt.Sprintf("<</Type /Annot /Subtype /Widget /FT /Sig /T (Seal) /F 132 /Rect [0 0 0 0] /P %d 0 R /V %d 0 R>>", old.firstPage, dict))

	offsets[dict] = out.Len()
	head := fmt.Sprintf("%d 0 obj\n<</Type /Sig /Filter /Adobe.PPKLite %s", dict, dictHead)
	out.WriteString(head)
	rangeAt := out.Len()
	fmt.Fprintf(out, rangeForm, 0, 0, 0)
	g := gap{from: out.Len()}
	out.Write(gap{from: 0, to: 2*room + 2}.fill(nil))
	g.to = out.Len()
	fmt.Fprintf(out, "%s%sZ)\n/Name %s\n/Reason %s\n", dateBefore, now.UTC().Format(dateForm), text(name), text(why.Text))
	if why.Place != "" {
		fmt.Fprintf(out, "/Location %s\n", text(why.Place))
	}
	// Certified, and no change is allowed after: ISO 32000-1 12.8.2.2.
	out.WriteString("/Reference [<</Type /SigRef /TransformMethod /DocMDP /TransformParams <</Type /TransformParams /P 1 /V /1.2>>>>]>>\nendobj\n")

	start := out.Len()
	out.WriteString("xref\n")
	for _, n := range []int{old.firstPage, old.root} {
		fmt.Fprintf(out, "%d 1\n%010d 00000 n \n", n, offsets[n])
	}
	fmt.Fprintf(out, "%d 2\n%010d 00000 n \n%010d 00000 n \n", dict, offsets[dict], offsets[field])
	id := sha256.Sum256(file)
	fmt.Fprintf(out, "trailer\n<</Size %d /Root %d 0 R /Info %d 0 R /Prev %d /ID [<%x> <%x>]>>\nstartxref\n%d\n%%%%EOF\n",
		old.size+2, old.root, old.info, old.start, id[:16], id[:16], start)

	g.end = out.Len()
	sealed := out.Bytes()
	copy(sealed[rangeAt:], fmt.Sprintf(rangeForm, g.from, g.to, g.end-g.to))
	return sealed, g, nil
}

// structure is what an update has to know of the file it is added to.
type structure struct {
	start, size           int // offset of the table of objects, how many objects
	root, info, firstPage int
	catalog, page         string // texts of two objects, "<<…>>"
}

// readStructure reads files of the plain form that package pdf writes.
func readStructure(file []byte) (s structure, err error) {
	tail := file[max(0, len(file)-1024):]
	at := bytes.LastIndex(tail, []byte("trailer\n"))
	if !bytes.HasPrefix(file, []byte("%PDF-1.")) || at < 0 || bytes.Contains(tail[at:], []byte("/Encrypt")) || bytes.Contains(tail[at:], []byte("/Prev")) {
		return s, ErrUnsealable
	}
	for pattern, to := range map[string]*int{
		`/Size (\d{1,9})\s`: &s.size, `/Root (\d{1,9}) 0 R`: &s.root, `/Info (\d{1,9}) 0 R`: &s.info, `startxref\n(\d{1,9})\n`: &s.start,
	} {
		if *to, err = number(tail[at:], pattern); err != nil {
			return s, err
		}
	}
	if s.catalog, err = objectText(file, s.start, s.root); err != nil {
		return s, err
	}
	pages, err := number([]byte(s.catalog), `/Pages (\d{1,9}) 0 R`)
	if err != nil {
		return s, err
	}
	tree, err := objectText(file, s.start, pages)
	if err != nil {
		return s, err
	}
	if s.firstPage, err = number([]byte(tree), `/Kids \[(\d{1,9}) 0 R`); err != nil {
		return s, err
	}
	s.page, err = objectText(file, s.start, s.firstPage)
	return s, err
}

func number(text []byte, pattern string) (int, error) {
	m := regexp.MustCompile(pattern).FindSubmatch(text)
	if m == nil {
		return 0, ErrUnsealable
	}
	return strconv.Atoi(string(m[1]))
}

// objectText returns the text between "n 0 obj" and "endobj", found through
// the table of objects at offset start.
func objectText(file []byte, start, n int) (string, error) {
	const entry = 20 // bytes a line of the table takes
	if start < 0 || start > len(file) {
		return "", ErrUnsealable
	}
	table, ok := bytes.CutPrefix(file[start:], []byte("xref\n0 "))
	nl := bytes.IndexByte(table, '\n')
	if !ok || nl < 0 || len(table) < nl+1+(n+1)*entry {
		return "", ErrUnsealable
	}
	offset, err := strconv.Atoi(string(table[nl+1+n*entry:][:10]))
	if err != nil || offset > len(file) {
		return "", ErrUnsealable
	}
	body, ok := bytes.CutPrefix(file[offset:], fmt.Appendf(nil, "%d 0 obj\n", n))
	end := bytes.Index(body, []byte("\nendobj"))
	if !ok || end < 0 {
		return "", ErrUnsealable
	}
	return strings.TrimSpace(string(body[:end])), nil
}

// closeWith adds entries at the end of a dictionary.
func closeWith(dict, entries string) string {
	return strings.TrimSuffix(dict, ">>") + "\n" + entries + ">>"
}

func withAnnotation(page string, field int) string {
	if before, after, ok := strings.Cut(page, "/Annots ["); ok {
		return fmt.Sprintf("%s/Annots [%d 0 R %s", before, field, after)
	}
	return closeWith(page, fmt.Sprintf("/Annots [%d 0 R]", field))
}

// text encodes s as a PDF text string.
func text(s string) string {
	var b strings.Builder
	b.WriteString("<FEFF")
	for _, u := range utf16.Encode([]rune(s)) {
		fmt.Fprintf(&b, "%04X", u)
	}
	b.WriteByte('>')
	return b.String()
}
