package pdf

import (
	"strings"
	"unicode"

	"codeberg.org/go-pdf/fpdf"
	"golang.org/x/image/font/sfnt"
)

// Lengths are millimetres, sizes of type points.
const (
	face   = "golos"
	left   = 20.0
	right  = 190.0
	width  = right - left
	top    = 34.0 // of the body on each page, below the head
	bottom = 275.0

	body  = 10.5
	small = 8.5
)

type colour struct{ r, g, b int }

// The colours of the product's light theme, dark enough for a poor printer.
func ink() colour    { return colour{0x2c, 0x2b, 0x27} }
func muted() colour  { return colour{0x5e, 0x5d, 0x5a} }
func accent() colour { return colour{0x0b, 0x5a, 0x63} }
func line() colour   { return colour{0xd6, 0xd2, 0xca} }
func paper() colour  { return colour{0xf6, 0xf4, 0xf0} }
func white() colour  { return colour{0xff, 0xff, 0xff} }

// sheet is the page being drawn and where the pen stands on it.
type sheet struct {
	f       *fpdf.Fpdf
	doc     Doc
	pages   int     // how many there will be
	y       float64 // top of what comes next
	glyphs  *sfnt.Font
	buf     sfnt.Buffer
	tooLong bool
}

// typeface is a way to set text.
type typeface struct {
	size float64
	bold bool
	ink  colour
}

func (t typeface) lead() float64 { return t.size * 0.352778 * 1.42 } // line height in mm

func (s *sheet) set(t typeface) {
	style := ""
	if t.bold {
		style = "B"
	}
	s.f.SetFont(face, style, t.size)
	s.f.SetTextColor(t.ink.r, t.ink.g, t.ink.b)
}

func (s *sheet) fill(c colour) { s.f.SetFillColor(c.r, c.g, c.b) }

func (s *sheet) rule(x1, y, x2 float64, c colour) {
	s.f.SetDrawColor(c.r, c.g, c.b)
	s.f.SetLineWidth(0.25)
	s.f.Line(x1, y, x2, y)
}

// clean drops what must not steer the reader's eye (control and direction
// marks) and shows a question mark for what the font cannot draw.
func (s *sheet) clean(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == ' ':
			return r
		case r == '\t' || r == '\u202f' || r == '\u2009':
			return '\u00a0'
		case unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Cs):
			return -1
		}
		if i, err := s.glyphs.GlyphIndex(&s.buf, r); err != nil || i == 0 || r > 0xffff {
			return '?'
		}
		return r
	}, text)
}

// wrap splits text into lines at most w wide, set as t: at line breaks, at
// spaces, and inside a word only when the word alone is wider than w.
func (s *sheet) wrap(text string, t typeface, w float64) []string {
	s.set(t)
	var lines []string
	for par := range strings.SplitSeq(s.clean(text), "\n") {
		current := ""
		for word := range strings.SplitSeq(par, " ") {
			next := word
			if current != "" {
				next = current + " " + word
			}
			if s.f.GetStringWidth(next) <= w {
				current = next
				continue
			}
			if current != "" {
				lines = append(lines, current)
			}
			current = word
			for s.f.GetStringWidth(current) > w {
				n := s.fits(current, w)
				lines, current = append(lines, current[:n]), current[n:]
			}
		}
		lines = append(lines, current)
	}
	return lines
}

// fits returns how many bytes of word go on a line of width w, at least one rune's.
func (s *sheet) fits(word string, w float64) int {
	last := 0
	for i := range word {
		if i > 0 && s.f.GetStringWidth(word[:i]) > w {
			break
		}
		last = i
	}
	if last == 0 {
		for i := range word {
			if i > 0 {
				return i
			}
		}
		return len(word)
	}
	return last
}

// put draws one line with its top at y.
func (s *sheet) put(x, y float64, text string, t typeface) {
	s.set(t)
	s.f.Text(x, y+t.lead()*0.76, text)
}

// putRight draws one line that ends at x.
func (s *sheet) putRight(x, y float64, text string, t typeface) {
	s.set(t)
	s.f.Text(x-s.f.GetStringWidth(text), y+t.lead()*0.76, text)
}

// write draws lines from s.y down, over page ends, and moves s.y below them.
func (s *sheet) write(x float64, lines []string, t typeface) {
	for _, l := range lines {
		s.need(t.lead())
		s.put(x, s.y, l, t)
		s.y += t.lead()
	}
}

// need starts a new page when h does not fit on this one any more.
func (s *sheet) need(h float64) bool {
	if s.y+h <= bottom {
		return false
	}
	return s.newPage()
}

// newPage starts a page, or, when there are too many, draws over the last.
func (s *sheet) newPage() bool {
	if s.f.PageCount() >= MaxPages {
		s.tooLong, s.y = true, top
		return true
	}
	s.f.AddPage()
	s.head()
	s.foot()
	s.y = top
	return true
}

func (s *sheet) head() {
	s.mark(left, 12, 9)
	s.put(left+12, 13.2, s.clean(s.doc.Portal), typeface{11, true, ink()})
	agency := typeface{small, false, muted()}
	lines := s.wrap(s.doc.Agency, agency, 80)
	lines = lines[:min(len(lines), 3)]
	y := 16.5 - float64(len(lines))*agency.lead()/2
	for _, l := range lines {
		s.putRight(right, y, l, agency)
		y += agency.lead()
	}
	s.rule(left, 25, right, line())
	if s.doc.Banner != "" {
		t := typeface{small, true, accent()}
		s.set(t)
		text := s.clean(s.doc.Banner)
		s.f.SetDrawColor(t.ink.r, t.ink.g, t.ink.b)
		s.f.Rect(left, 26.6, s.f.GetStringWidth(text)+4, t.lead()+1.2, "D")
		s.put(left+2, 27.2, text, t)
	}
}

func (s *sheet) foot() {
	t := typeface{small, false, muted()}
	s.rule(left, 281, right, line())
	s.put(left, 283, s.clean(s.doc.Number), t)
	if s.doc.PageOf != nil {
		s.putRight(right, 283, s.clean(s.doc.PageOf(s.f.PageNo(), s.pages)), t)
	}
}

// mark draws the product's door: a frame and a leaf, in a square of side a.
func (s *sheet) mark(x, y, a float64) {
	k := a / 40
	at := func(px, py float64) fpdf.PointType { return fpdf.PointType{X: x + px*k, Y: y + py*k} }
	s.fill(accent())
	s.f.RoundedRect(x, y, a, a, 11*k, "1234", "F")
	s.fill(white())
	s.f.Rect(x+12*k, y+9.5*k, 5*k, 21*k, "F")
	s.f.Polygon([]fpdf.PointType{at(20.5, 20), at(28, 9.5), at(28, 16.7), at(25.6, 20), at(28, 23.3), at(28, 30.5)}, "F")
}

func (s *sheet) title() {
	t := typeface{19, true, ink()}
	s.y += 2
	s.write(left, s.wrap(s.doc.Title, t, width), t)
	if s.doc.Subtitle != "" {
		sub := typeface{body, false, muted()}
		s.y++
		s.write(left, s.wrap(s.doc.Subtitle, sub, width), sub)
	}
	s.y += 4
}
