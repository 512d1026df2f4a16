package pdf

import (
	"fmt"
	"strings"

	"github.com/skip2/go-qrcode"
)

// Para is a paragraph; line breaks in it are kept.
type Para string

func (p Para) draw(s *sheet) {
	t := typeface{body, false, ink()}
	s.write(left, s.wrap(string(p), t, width), t)
	s.y += 3
}

// Section is a heading inside the document; it never stands last on a page.
type Section string

func (h Section) draw(s *sheet) {
	t := typeface{12.5, true, ink()}
	s.y += 3
	lines := s.wrap(string(h), t, width)
	s.need(float64(len(lines))*t.lead() + 15)
	s.write(left, lines, t)
	s.y += 2
}

// Pair is a named value.
type Pair struct{ Label, Value string }

// Pairs is a list of named values, a hairline between them.
type Pairs []Pair

func (p Pairs) draw(s *sheet) {
	rows := make([][]string, len(p))
	for i, v := range p {
		rows[i] = []string{v.Label, v.Value}
	}
	g := grid{
		columns: []column{{left, 58, false}, {left + 62, width - 62, false}},
		faces:   []typeface{{body, false, muted()}, {body, false, ink()}},
	}
	for _, r := range rows {
		g.row(s, r, nil)
	}
	s.y += 4
}

// Column of a Table.
type Column struct {
	Title string
	Share float64 // of the width, in the same measure as the other columns'; 0 is 1
	Right bool    // set to the right: sums, counts
}

// Table is a table whose head stands again on each page. Rows shorter than
// Columns are filled with empty cells, longer ones are cut.
type Table struct {
	Columns []Column
	Rows    [][]string
	Total   []string // last row, in bold; may be empty
}

func (t Table) draw(s *sheet) {
	if len(t.Columns) == 0 {
		return
	}
	const gap = 4.0
	shares := 0.0
	for i := range t.Columns {
		shares += t.share(i)
	}
	g := grid{}
	heads := make([]string, len(t.Columns))
	x := left
	for i, c := range t.Columns {
		w := (width - gap*float64(len(t.Columns)-1)) * t.share(i) / shares
		g.columns = append(g.columns, column{x, w, c.Right})
		heads[i] = c.Title
		x += w + gap
	}
	head := func() {
		h := g
		h.faces = []typeface{{small, true, muted()}}
		h.row(s, heads, nil)
	}
	s.need(20)
	head()
	g.faces = []typeface{{body - 0.5, false, ink()}}
	for _, r := range t.Rows {
		g.row(s, r, head)
	}
	if len(t.Total) > 0 {
		g.faces = []typeface{{body - 0.5, true, ink()}}
		g.row(s, t.Total, head)
	}
	s.y += 4
}

func (t Table) share(i int) float64 {
	if t.Columns[i].Share <= 0 {
		return 1
	}
	return t.Columns[i].Share
}

type column struct {
	x, w  float64
	right bool
}

// grid draws rows of cells with a hairline below each.
type grid struct {
	columns []column
	faces   []typeface // one per column; the last serves the columns after it
}

// row draws the cells; newPage, when given, is called after each page break
// inside or before the row. A row taller than a page is cut at page ends.
func (g grid) row(s *sheet, cells []string, newPage func()) {
	const pad = 1.6
	text := make([][]string, len(g.columns))
	tallest := 1
	face := func(i int) typeface { return g.faces[min(i, len(g.faces)-1)] }
	lead := face(0).lead()
	for i, c := range g.columns {
		if i < len(cells) {
			text[i] = s.wrap(cells[i], face(i), c.w)
			tallest = max(tallest, len(text[i]))
		}
	}
	for from := 0; from < tallest; {
		rest := tallest - from
		if s.need(2*pad+float64(min(rest, 30))*lead) && newPage != nil {
			newPage()
		}
		n := max(1, min(rest, int((bottom-s.y-2*pad)/lead)))
		for i, c := range g.columns {
			for j := from; j < min(from+n, len(text[i])); j++ {
				y := s.y + pad + float64(j-from)*lead
				if c.right {
					s.putRight(c.x+c.w, y, text[i][j], face(i))
				} else {
					s.put(c.x, y, text[i][j], face(i))
				}
			}
		}
		s.y += 2*pad + float64(n)*lead
		from += n
		if s.tooLong {
			return
		}
	}
	s.rule(g.columns[0].x, s.y, right, line())
}

// QR is a square code with words beside it. The squares are drawn, not a
// picture, so they stay sharp in any print.
type QR struct {
	Content string // what the code says; an address becomes a link too
	Title   string
	Lines   []string
}

func (q QR) draw(s *sheet) {
	const side = 30.0
	code, err := qrcode.New(q.Content, qrcode.Medium)
	if err != nil {
		s.f.SetError(fmt.Errorf("drawing the square code: %w", err))
		return
	}
	s.y += 2
	s.need(side + 4)
	bits := code.Bitmap() // with the quiet zone around it
	dot := side / float64(len(bits))
	s.fill(colour{})
	for i, row := range bits {
		for j := 0; j < len(row); j++ {
			run := j
			for run < len(row) && row[run] {
				run++
			}
			if run > j {
				// A hair taller than a dot, or some viewers show seams between rows.
				s.f.Rect(left+float64(j)*dot, s.y+float64(i)*dot, float64(run-j)*dot, dot+0.02, "F")
				j = run
			}
		}
	}
	if strings.HasPrefix(q.Content, "https://") || strings.HasPrefix(q.Content, "http://") {
		s.f.LinkString(left, s.y, side, side, q.Content)
	}

	y := s.y + 3
	const x = left + side + 6
	t := typeface{body, true, ink()}
	for _, l := range s.wrap(q.Title, t, right-x) {
		s.put(x, y, l, t)
		y += t.lead()
	}
	t = typeface{9.5, false, ink()}
	for _, text := range q.Lines {
		for _, l := range s.wrap(text, t, right-x) {
			s.put(x, y, l, t)
			y += t.lead()
		}
	}
	s.y = max(s.y+side, y) + 4
}

// Note is a framed remark: what a reader must not miss, or the stamp of a seal.
// It never breaks over a page end.
type Note struct {
	Title string
	Lines []string
}

func (n Note) draw(s *sheet) {
	const pad = 4.0
	head, text := typeface{body, true, ink()}, typeface{9.5, false, ink()}
	heads := s.wrap(n.Title, head, width-2*pad-2)
	var lines []string
	for _, l := range n.Lines {
		lines = append(lines, s.wrap(l, text, width-2*pad-2)...)
	}
	h := 2*pad + float64(len(heads))*head.lead() + float64(len(lines))*text.lead()
	s.y += 2
	s.need(h)
	s.fill(paper())
	s.f.Rect(left, s.y, width, h, "F")
	s.fill(accent())
	s.f.Rect(left, s.y, 1.2, h, "F")
	y := s.y + pad
	for _, l := range heads {
		s.put(left+pad+2, y, l, head)
		y += head.lead()
	}
	for _, l := range lines {
		s.put(left+pad+2, y, l, text)
		y += text.lead()
	}
	s.y += h + 4
}
