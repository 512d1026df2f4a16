package audit

import (
	"context"

	"kabinet/internal/platform/export"
	"kabinet/internal/platform/i18n"
)

// exportPage is how many lines are read at a time.
const exportPage = 500

// Export tells who did and saw what of an account, newest first.
func (s *Service) Export(ctx context.Context, account string) (export.Section, error) {
	section := export.Section{Name: "activity", Title: i18n.K("audit.export"), Tables: []string{"audit_line"}}
	names := map[Actor]string{}
	for before := ""; ; {
		lines, err := List(ctx, s.opt.DB, Query{Owner: account, Before: before, Limit: exportPage})
		if err != nil {
			return section, err
		}
		for i := range lines {
			l := &lines[i]
			who, known := names[l.Actor]
			if !known || l.Actor.Kind == Staff {
				who = s.who(ctx, l, nil)
				names[l.Actor] = who
			}
			section.Records = append(section.Records, export.Record{
				{Name: "at", Label: i18n.K("audit.export_at"), Value: l.At},
				{Name: "who", Label: i18n.K("audit.export_who"), Value: who},
				{Name: "act", Label: i18n.K("audit.export_act"), Value: i18n.K(l.Act)},
				{Name: "object", Value: l.Object},
				{Name: "reason", Label: i18n.K("audit.export_reason"), Value: s.reason(l)},
			})
			before = l.Cursor()
		}
		if len(lines) < exportPage {
			return section, nil
		}
	}
}
