package consent

import (
	"context"
	"strings"

	"kabinet/internal/platform/export"
	"kabinet/internal/platform/i18n"
)

// exportPage is how many consents are read at a time.
const exportPage = 200

// Export tells what a person agreed to, with the texts as they were shown.
func (s *Service) Export(ctx context.Context, account string) (export.Section, error) {
	section := export.Section{Name: "consents", Title: i18n.K("consent.title"), Tables: []string{"consent", "consent_end"}}
	for before := ""; ; {
		list, err := s.List(ctx, account, "", before, exportPage)
		if err != nil {
			return section, err
		}
		for _, c := range list {
			doc, err := s.Shown(c)
			if err != nil {
				return section, err
			}
			section.Records = append(section.Records, exportConsent(c, doc))
			before = c.ID
		}
		if len(list) < exportPage {
			return section, nil
		}
	}
}

func exportConsent(c Consent, d Document) export.Record {
	way := i18n.Text{}
	if c.Proof.Way != "" {
		way = i18n.K("consent.way_" + string(c.Proof.Way))
	}
	return export.Record{
		{Name: "purpose", Label: i18n.K("consent.export_purpose"), Value: i18n.K("consent.purpose_" + string(c.Purpose))},
		{Name: "version", Label: i18n.K("consent.version"), Value: c.Version},
		{Name: "given_at", Label: i18n.K("consent.given"), Value: c.Given},
		{Name: "until", Label: i18n.K("consent.until"), Value: c.Until},
		{Name: "way", Label: i18n.K("consent.way"), Value: way},
		{Name: "level", Value: c.Proof.Level},
		{Name: "ended_at", Label: i18n.K("consent.ended"), Value: c.Ended},
		{Name: "checksum", Label: i18n.K("consent.fingerprint"), Value: Fingerprint(c.Hash)},
		{Name: "text", Label: i18n.K("consent.export_text"), Value: d.plain()},
	}
}

// plain is the text in one piece.
func (d Document) plain() string {
	lines := append([]string{d.Title, d.Intro, d.Aim}, d.Data...)
	lines = append(append(lines, d.Actions, d.Recipients, d.Term, d.Withdrawal), d.Stops...)
	return strings.Join(append(lines, d.Stays...), "\n")
}
