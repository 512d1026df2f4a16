package signature

import (
	"context"

	"kabinet/internal/platform/export"
	"kabinet/internal/platform/i18n"
)

// Export tells what this feature keeps of an account.
func (s *Service) Export(ctx context.Context, account string) (export.Section, error) {
	section := export.Section{Name: "signature_certificates", Title: i18n.K("signature.certificates"), Tables: []string{"signature_certificate"}}
	list, err := s.Certificates(ctx, account)
	if err != nil {
		return section, err
	}
	for _, b := range list {
		section.Records = append(section.Records, export.Record{
			{Name: "name", Label: i18n.K("signature.holder"), Value: b.Name},
			{Name: "centre", Label: i18n.K("signature.centre"), Value: b.Centre},
			{Name: "serial", Label: i18n.K("signature.serial"), Value: b.Serial},
			{Name: "key", Label: i18n.K("signature.key"), Value: b.Key},
			{Name: "valid_from", Label: i18n.K("signature.export_from"), Value: b.From},
			{Name: "valid_to", Label: i18n.K("signature.export_to"), Value: b.Ends},
			{Name: "bound_at", Label: i18n.K("signature.bound_at"), Value: b.Bound},
			{Name: "used_at", Label: i18n.K("signature.used_at"), Value: b.Used},
		})
	}
	return section, nil
}
