package takeout

import (
	"archive/zip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"kabinet/internal/platform/export"
	"kabinet/internal/platform/i18n"
)

// maxArchive is the largest copy in bytes: more than twice what an account may
// keep in documents.
const maxArchive = 5 << 30

// archive writes a ZIP with data.json, index.html, or both, and a folder of
// files. ctx carries the person's language.
func (s *Service) archive(ctx context.Context, w io.Writer, acc, number string, c Copy) error {
	z := zip.NewWriter(w)
	var sections []export.Section
	for _, part := range s.opt.Parts {
		section, err := part(ctx, acc)
		if err != nil {
			return fmt.Errorf("exporting: %w", err)
		}
		sections = append(sections, section)
	}
	names, err := s.files(ctx, z, sections)
	if err != nil {
		return err
	}
	about := about{Number: number, Made: s.now(), Sections: sections, Files: names}
	if c.Format != Pages {
		if err := about.data(ctx, z); err != nil {
			return err
		}
	}
	if c.Format != Data {
		page, err := s.entry(z, "index.html")
		if err != nil {
			return err
		}
		if err := archivePage(about).Render(ctx, page); err != nil {
			return fmt.Errorf("drawing a copy: %w", err)
		}
	}
	return z.Close()
}

// entry begins a file of the archive.
func (s *Service) entry(z *zip.Writer, name string) (io.Writer, error) {
	return z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: s.now()})
}

// files puts the documents into the archive and returns how each is called
// there, section by section.
func (s *Service) files(ctx context.Context, z *zip.Writer, sections []export.Section) (names [][]string, err error) {
	taken := map[string]bool{}
	for _, section := range sections {
		var here []string
		for _, f := range section.Files {
			name := unique(taken, "files/"+section.Name+"/"+safeName(f.Name))
			if err := s.file(ctx, z, name, f); err != nil {
				return nil, err
			}
			here = append(here, name)
		}
		names = append(names, here)
	}
	return names, nil
}

func (s *Service) file(ctx context.Context, z *zip.Writer, name string, f export.File) error {
	content, err := f.Open(ctx)
	if err != nil {
		return fmt.Errorf("opening a file for a copy: %w", err)
	}
	defer content.Close()
	// PDFs and pictures are compressed already.
	w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store, Modified: s.now()})
	if err != nil {
		return err
	}
	if _, err := io.Copy(w, content); err != nil {
		return fmt.Errorf("copying a file: %w", err)
	}
	return ctx.Err()
}

// safeName makes of a document's name one that no system takes for a path.
func safeName(name string) string {
	name = strings.Map(func(c rune) rune {
		if c < ' ' || strings.ContainsRune(`/\:*?"<>|`, c) {
			return '_'
		}
		return c
	}, name)
	if name = strings.Trim(name, ". "); name == "" {
		return "file"
	}
	return name
}

// unique returns name, or name with a number when it is taken.
func unique(taken map[string]bool, name string) string {
	ext := path.Ext(name)
	for n, try := 2, name; ; n++ {
		if !taken[strings.ToLower(try)] {
			taken[strings.ToLower(try)] = true
			return try
		}
		try = strings.TrimSuffix(name, ext) + " (" + strconv.Itoa(n) + ")" + ext
	}
}

// about is what a copy says.
type about struct {
	Number   string // of the account
	Made     time.Time
	Sections []export.Section
	Files    [][]string // of each section: where its files stand in the archive
}

// data writes data.json.
func (a about) data(ctx context.Context, z *zip.Writer) error {
	type part struct {
		Name    string           `json:"name"`
		Title   string           `json:"title"`
		Records []map[string]any `json:"records"`
		Files   []string         `json:"files,omitempty"`
	}
	all := struct {
		Format   string `json:"format"`
		Language string `json:"language"`
		Account  string `json:"account"`
		Made     string `json:"made_at"`
		Sections []part `json:"sections"`
	}{"kabinet-export/1", string(i18n.LangOf(ctx)), a.Number, a.Made.UTC().Format(time.RFC3339), nil}
	for i, section := range a.Sections {
		records, err := export.Data(ctx, section.Records)
		if err != nil {
			return fmt.Errorf("exporting %s: %w", section.Name, err)
		}
		all.Sections = append(all.Sections, part{section.Name, section.Title.In(ctx), records, a.Files[i]})
	}
	w, err := z.CreateHeader(&zip.FileHeader{Name: "data.json", Method: zip.Deflate, Modified: a.Made})
	if err != nil {
		return err
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(all)
}

// fileLink is the address of a file of the archive, for a page beside it.
func fileLink(name string) templ.SafeURL {
	return templ.SafeURL((&url.URL{Path: "./" + name}).EscapedPath())
}
