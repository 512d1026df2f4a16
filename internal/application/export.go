package application

import (
	"context"
	"errors"
	"fmt"

	"kabinet/internal/eform"
	"kabinet/internal/platform/export"
	"kabinet/internal/platform/i18n"
)

// exportDrafts is how many drafts are read at a time.
const exportDrafts = 50

// Export tells every application of an account with its answers and journal,
// and every draft. The files are in the section of documents.
func (s *Service) Export(ctx context.Context, acc string) (export.Section, error) {
	section := export.Section{Name: "applications", Title: i18n.K("application.export"),
		Tables: []string{"application", "application_event", "application_file", "application_number", "eform_draft"}}
	for before := ""; ; {
		page, next, err := s.List(ctx, acc, before)
		if err != nil {
			return section, err
		}
		for _, one := range page {
			record, err := s.exportOne(ctx, acc, one.ID)
			if err != nil {
				return section, err
			}
			section.Records = append(section.Records, record)
		}
		if before = next; before == "" {
			break
		}
	}
	drafts, err := s.exportDrafts(ctx, acc)
	section.Records = append(section.Records, drafts...)
	return section, err
}

func (s *Service) exportOne(ctx context.Context, acc, app string) (export.Record, error) {
	c, err := s.Card(ctx, acc, app)
	if err != nil {
		return nil, fmt.Errorf("exporting application %s: %w", app, err)
	}
	var files []string
	for _, f := range c.Files {
		files = append(files, f.Name)
	}
	record := export.Record{
		{Name: "number", Label: i18n.K("application.export_number"), Value: c.Number},
		{Name: "service", Label: i18n.K("application.export_service"), Value: c.Def.Title},
		{Name: "agency", Label: i18n.K("application.export_agency"), Value: c.Agency.Name},
		{Name: "status", Label: i18n.K("application.export_status"), Value: c.Status.Label()},
		{Name: "sent_at", Label: i18n.K("application.export_sent"), Value: c.SentAt},
		{Name: "reason", Label: i18n.K("application.export_reason"), Value: c.Reason},
		{Name: "answers", Label: i18n.K("application.export_answers"), Value: exportAnswers(ctx, c.Sections)},
		{Name: "files", Label: i18n.K("application.export_files"), Value: files},
		{Name: "journal", Label: i18n.K("application.export_journal"), Value: exportEvents(c.Events)},
	}
	if c.Paper != nil {
		record = append(record, export.Field{Name: "result", Label: i18n.K("application.export_result"), Value: c.Paper.Name})
	}
	return record, nil
}

func exportAnswers(ctx context.Context, sections []eform.Section) (all []export.Record) {
	for _, section := range sections {
		for _, item := range section.Items {
			lines := item.Lines(ctx)
			if len(lines) == 0 {
				continue
			}
			all = append(all, export.Record{
				{Name: "path", Value: item.Path},
				{Name: "question", Value: itemLabel(ctx, item)},
				{Name: "answer", Label: i18n.Words{RU: itemLabel(ctx, item), EN: itemLabel(ctx, item)}.Text(), Value: lines},
			})
		}
	}
	return all
}

func exportEvents(events []Event) (all []export.Record) {
	for _, e := range events {
		all = append(all, export.Record{
			{Name: "at", Label: i18n.K("application.export_at"), Value: e.At},
			{Name: "what", Label: i18n.K("application.export_what"), Value: i18n.K(e.What)},
			{Name: "status", Label: i18n.K("application.export_status"), Value: e.Status.Label()},
			{Name: "by", Value: string(e.By)},
			{Name: "who", Label: i18n.K("application.export_who"), Value: e.Who},
			{Name: "comment", Label: i18n.K("application.export_comment"), Value: e.Comment},
		})
	}
	return all
}

func (s *Service) exportDrafts(ctx context.Context, acc string) (all []export.Record, err error) {
	for after := ""; ; {
		page, err := s.Forms.Drafts(ctx, acc, after, exportDrafts)
		if err != nil {
			return nil, err
		}
		for _, d := range page.Drafts {
			record, err := s.exportDraft(ctx, acc, d.ID)
			if err != nil {
				return nil, err
			}
			all = append(all, record)
		}
		if after = page.Next; after == "" {
			return all, nil
		}
	}
}

func (s *Service) exportDraft(ctx context.Context, acc, draft string) (export.Record, error) {
	f, err := s.form(ctx, acc, draft)
	if err != nil {
		return nil, fmt.Errorf("exporting draft %s: %w", draft, err)
	}
	return export.Record{
		{Name: "draft", Label: i18n.K("application.export_draft"), Value: f.def.Title},
		{Name: "began_at", Label: i18n.K("application.export_began"), Value: f.draft.Created},
		{Name: "saved_at", Label: i18n.K("application.export_saved"), Value: f.draft.Updated},
		{Name: "answers", Label: i18n.K("application.export_answers"), Value: exportAnswers(ctx, f.state.Summary())},
	}, nil
}

// WithdrawAll takes back every application of an account that nobody has decided
// on yet, because its holder leaves.
func (s *Service) WithdrawAll(ctx context.Context, acc string) error {
	for before := ""; ; {
		page, next, err := s.List(ctx, acc, before)
		if err != nil {
			return err
		}
		for _, a := range page {
			if !a.Status.Undecided() {
				continue
			}
			if _, err := s.Withdraw(ctx, acc, "", a.ID); err != nil && !errors.Is(err, ErrMoved) {
				return fmt.Errorf("withdrawing application %s: %w", a.ID, err)
			}
		}
		if before = next; before == "" {
			return nil
		}
	}
}
