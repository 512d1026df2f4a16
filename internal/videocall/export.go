package videocall

import (
	"context"
	"fmt"

	"kabinet/internal/platform/export"
	"kabinet/internal/platform/i18n"
)

// exportMax is more meetings than anybody has.
const exportMax = 10_000

// Export tells every meeting of a person. What the browsers told each other is
// gone when a meeting ends.
func (s *Service) Export(ctx context.Context, account string) (export.Section, error) {
	section := export.Section{Name: "videocalls", Title: i18n.K("videocall.queue"), Tables: []string{"videocall_meeting"}}
	list, err := s.store.listOf(ctx, s.DB, account, exportMax)
	if err != nil {
		return section, fmt.Errorf("exporting meetings: %w", err)
	}
	for _, m := range list {
		record := export.Record{
			{Name: "asked_at", Label: i18n.K("videocall.export_asked"), Value: m.AskedAt},
			{Name: "taken_at", Label: i18n.K("videocall.export_taken"), Value: m.TakenAt},
			{Name: "ended_at", Label: i18n.K("videocall.export_ended"), Value: m.EndedAt},
			{Name: "state", Label: i18n.K("videocall.export_state"), Value: i18n.K("videocall.state_" + string(m.State))},
			{Name: "note", Label: i18n.K("videocall.note_shown"), Value: m.Note},
		}
		if m.Reason != "" {
			record = append(record, export.Field{Name: "reason", Label: i18n.K("videocall.reason"), Value: reasonText(m.Reason)})
		}
		section.Records = append(section.Records, record)
	}
	return section, nil
}
