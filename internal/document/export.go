package document

import (
	"context"
	"fmt"
	"io"

	"kabinet/internal/platform/export"
	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/jobs"
	"kabinet/internal/platform/sqldb"
)

// Export tells every document of an account, and hands out its content.
func (s *Service) Export(ctx context.Context, account string) (export.Section, error) {
	section := export.Section{Name: "documents", Title: i18n.K("document.export"), Tables: []string{"document_file", "document_use", "document_issued"}}
	for after := ""; ; {
		page, err := s.List(ctx, account, Query{After: after})
		if err != nil {
			return section, fmt.Errorf("exporting documents: %w", err)
		}
		for _, f := range page.Files {
			section.Records = append(section.Records, export.Record{
				{Name: "id", Value: f.ID},
				{Name: "name", Label: i18n.K("document.name"), Value: f.Name},
				{Name: "type", Label: i18n.K("document.type"), Value: i18n.K("document.type_" + string(f.Type))},
				{Name: "issued", Label: i18n.K("document.export_issued"), Value: f.Kind == Issued},
				{Name: "status", Label: i18n.K("document.status"), Value: i18n.K("document.status_" + string(f.Status))},
				{Name: "attached", Label: i18n.K("document.export_attached"), Value: f.Attached},
				{Name: "size", Value: f.Size},
				{Name: "at", Label: i18n.K("document.export_at"), Value: f.At},
				{Name: "valid_until", Label: i18n.K("document.export_until"), Value: f.Until},
			})
			section.Files = append(section.Files, export.File{Name: f.Name, Open: func(ctx context.Context) (io.ReadCloser, error) {
				_, content, err := s.Open(ctx, account, f.ID)
				return content, err
			}})
			after = f.ID
		}
		if !page.After {
			return section, nil
		}
	}
}

// Erase removes the uploads of an account that nothing sent refers to, or, with
// all, everything: rows in tx, contents by jobs.
func (s *Service) Erase(ctx context.Context, tx *sqldb.DB, account string, all bool) error {
	blobs, err := eraseFiles(ctx, tx, account, all)
	if err != nil {
		return fmt.Errorf("erasing documents: %w", err)
	}
	for _, b := range blobs {
		if err := jobs.Add(ctx, tx, erase{b}); err != nil {
			return fmt.Errorf("erasing documents: %w", err)
		}
	}
	return nil
}
