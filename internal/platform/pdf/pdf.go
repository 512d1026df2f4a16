// Package pdf writes the documents that people take away: receipts, notices,
// certificates.
//
// A Doc says what stands on the paper, in order; Write lays it out on A4 with
// one look: head with the portal and the agency, foot with the number and
// «Страница 1 из 2», Golos Text embedded. The same Doc gives the same bytes,
// so a job that writes a document twice writes it once. The package knows
// nothing of who issues what, holds no words of its own, and does not sign.
//
// Files are PDF 1.4 with text that can be searched and copied, a title and a
// language. They are not tagged (PDF/UA) and not PDF/A: the writer below
// cannot do either, so a page with the same content has to exist beside every
// document that a person must be able to read.
package pdf

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"time"

	"codeberg.org/go-pdf/fpdf"
	"golang.org/x/image/font/sfnt"
)

// Doc is a document as its author thinks of it.
type Doc struct {
	Title    string
	Subtitle string    // under the title: «№ 2026-000124 от 4 декабря 2026 г.»; may be empty
	Lang     string    // RFC 5646 tag: "ru-RU"; screen readers choose the voice by it
	Portal   string    // head, left
	Agency   string    // head, right
	Number   string    // foot, left; may be empty
	Made     time.Time // date written into the file; never the clock, or the bytes would change
	Banner   string    // framed line in the head of each page: a demonstration, a draft; empty for none
	Blocks   []Block   // the body, from top to bottom

	// PageOf words the foot, right: page 1-based of pages. Nil leaves it out.
	PageOf func(page, pages int) string
}

// Block is a piece of the body: Para, Section, Pairs, Table, QR or Note.
type Block interface{ draw(*sheet) }

// ErrTooLong is returned when a document would have more than MaxPages pages.
var ErrTooLong = errors.New("the document is too long")

// MaxPages bounds the work that one document can cause.
const MaxPages = 200

//go:embed font/GolosText-Regular.ttf
var regular []byte

//go:embed font/GolosText-SemiBold.ttf
var semiBold []byte

// Write lays the document out and returns the file. It returns ErrTooLong.
func Write(d Doc) ([]byte, error) {
	// How many pages there are is known only after they are drawn, and it
	// stands on each of them: most documents have one, others are drawn twice.
	for pages := 1; ; {
		s, err := layOut(d, pages)
		if err != nil {
			return nil, fmt.Errorf("writing the document %q: %w", d.Number, err)
		}
		if n := s.f.PageCount(); n != pages {
			pages = n
			continue
		}
		var out bytes.Buffer
		if err := s.f.Output(&out); err != nil {
			return nil, fmt.Errorf("writing the document %q: %w", d.Number, err)
		}
		return out.Bytes(), nil
	}
}

func layOut(d Doc, pages int) (*sheet, error) {
	glyphs, err := sfnt.Parse(regular)
	if err != nil {
		return nil, fmt.Errorf("reading the font: %w", err)
	}
	f := fpdf.New("P", "mm", "A4", "")
	f.SetCatalogSort(true)
	f.SetCreationDate(d.Made.UTC())
	f.SetModificationDate(d.Made.UTC())
	f.SetTitle(d.Title, true)
	f.SetAuthor(d.Agency, true)
	f.SetProducer(d.Portal, true)
	f.SetLang(d.Lang)
	f.AddUTF8FontFromBytes(face, "", regular)
	f.AddUTF8FontFromBytes(face, "B", semiBold)
	f.SetMargins(left, 0, left)
	f.SetAutoPageBreak(false, 0)
	f.SetCellMargin(0)

	s := &sheet{f: f, doc: d, pages: pages, glyphs: glyphs}
	s.newPage()
	s.title()
	for _, b := range d.Blocks {
		b.draw(s)
	}
	if s.tooLong {
		return nil, ErrTooLong
	}
	return s, f.Error()
}
