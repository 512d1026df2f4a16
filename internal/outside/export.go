package outside

import (
	"context"

	"kabinet/internal/platform/export"
	"kabinet/internal/platform/i18n"
)

// Export tells the outside sign-ins of an account.
func (s *Service) Export(ctx context.Context, owner string) (export.Section, error) {
	section := export.Section{Name: "outside_sign_ins", Title: i18n.K("outside.settings"), Tables: []string{"outside_link"}}
	list, err := s.Links(ctx, owner)
	for _, l := range list {
		section.Records = append(section.Records, export.Record{
			{Name: "provider", Label: i18n.K("outside.export_provider"), Value: s.title(l.Provider)},
			{Name: "linked_at", Label: i18n.K("outside.export_linked"), Value: l.Linked},
			{Name: "used_at", Label: i18n.K("outside.export_used"), Value: l.Used},
		})
	}
	return section, err
}
