package notify

import (
	"context"

	"kabinet/internal/platform/export"
	"kabinet/internal/platform/i18n"
)

// exportPage is how many notices are read at a time.
const exportPage = 200

// Export tells every notice of an account and what became of it.
func (s *Service) Export(ctx context.Context, account string) (export.Section, error) {
	section := export.Section{Name: "notices", Title: i18n.K("notify.export"), Tables: []string{"notice", "delivery"}}
	for before := ""; ; {
		page, err := s.History(ctx, account, before, exportPage)
		if err != nil {
			return section, err
		}
		for _, r := range page.Records {
			section.Records = append(section.Records, export.Record{
				{Name: "at", Label: i18n.K("notify.export_at"), Value: r.At},
				{Name: "topic", Label: i18n.K("notify.export_topic"), Value: r.TopicText()},
				{Name: "title", Label: i18n.K("notify.export_title"), Value: r.Title(ctx)},
				{Name: "text", Label: i18n.K("notify.export_text"), Value: r.Text(ctx)},
				{Name: "read", Label: i18n.K("notify.export_read"), Value: r.Read},
				{Name: "messages", Label: i18n.K("notify.export_messages"), Value: exportDeliveries(r.Deliveries)},
			})
		}
		if before = page.Next; before == "" {
			return section, nil
		}
	}
}

func exportDeliveries(deliveries []Delivery) (all []export.Record) {
	for _, d := range deliveries {
		all = append(all, export.Record{
			{Name: "channel", Label: i18n.K("notify.export_channel"), Value: string(d.Channel)},
			{Name: "to", Label: i18n.K("notify.export_to"), Value: d.To},
			{Name: "state", Value: string(d.State)},
			{Name: "sent_at", Label: i18n.K("notify.export_sent"), Value: d.SentAt},
		})
	}
	return all
}
