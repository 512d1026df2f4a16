package account

import (
	"context"
	"fmt"
	"time"

	"kabinet/internal/platform/export"
	"kabinet/internal/platform/i18n"
)

// exportPage is how many lines are read at a time.
const exportPage = 200

// Export tells what this feature keeps of an account, but for what only lets
// somebody in: hashes of passwords, codes and secrets.
func (s *Service) Export(ctx context.Context, account string) (export.Section, error) {
	section := export.Section{Name: "account", Title: i18n.K("account.export"),
		Tables: []string{"account", "account_contact", "account_session", "account_device", "account_factor", "account_passkey", "account_signin", "account_reach", "account_safety"}}
	a, err := s.Account(ctx, account)
	if err != nil {
		return section, err
	}
	contacts, err := contactsOf(ctx, s.db, s.keys, account)
	if err != nil {
		return section, fmt.Errorf("exporting contacts: %w", err)
	}
	sessions, err := openSessions(ctx, s.db, s.keys, account)
	if err != nil {
		return section, fmt.Errorf("exporting sessions: %w", err)
	}
	devices, err := trustedDevices(ctx, s.db, s.keys, account, s.now())
	if err != nil {
		return section, fmt.Errorf("exporting devices: %w", err)
	}
	factors, err := s.exportFactors(ctx, a)
	if err != nil {
		return section, err
	}
	signIns, err := s.exportSignIns(ctx, account)
	if err != nil {
		return section, err
	}
	other, checked, err := notedOf(ctx, s.db, s.keys, account)
	if err != nil {
		return section, fmt.Errorf("exporting contacts: %w", err)
	}
	safety, err := s.Safety(ctx, account)
	if err != nil {
		return section, fmt.Errorf("exporting rules of sign-in: %w", err)
	}
	main := export.Record{
		{Name: "number", Label: i18n.K("account.export_number"), Value: a.Number},
		{Name: "level", Label: i18n.K("account.export_level"), Value: i18n.K(a.Level.Text())},
		{Name: "created_at", Label: i18n.K("account.export_created"), Value: a.Created},
		{Name: "language", Label: i18n.K("account.export_language"), Value: a.Lang},
		{Name: "second_factor", Label: i18n.K("account.second"), Value: a.NeedsSecond()},
		{Name: "factors", Label: i18n.K("account.second_ways"), Value: factors},
		{Name: "contacts", Label: i18n.K("account.export_contacts"), Value: exportContacts(contacts)},
		{Name: "other_contact", Label: i18n.K("account.export_other"), Value: other},
		{Name: "contacts_checked_at", Label: i18n.K("account.export_checked"), Value: checked},
		{Name: "remote_off", Label: i18n.K("account.export_remote"), Value: safety.RemoteOff},
		{Name: "strict_ip", Label: i18n.K("account.export_strict"), Value: safety.StrictIP},
		{Name: "block_risky", Label: i18n.K("account.export_block"), Value: safety.BlockRisky},
		{Name: "quiet_attempts", Label: i18n.K("account.export_quiet"), Value: safety.QuietAttempts},
		{Name: "sessions", Label: i18n.K("account.sessions"), Value: exportSessions(sessions)},
		{Name: "trusted_devices", Label: i18n.K("account.trusted"), Value: exportDevices(devices)},
		{Name: "sign_ins", Label: i18n.K("account.history"), Value: signIns},
	}
	section.Records = []export.Record{main}
	return section, nil
}

// exportFactors tells what sign-ins are confirmed with, without the secrets.
func (s *Service) exportFactors(ctx context.Context, a Account) (all []export.Record, err error) {
	set, err := s.factorsOf(ctx, s.db, a)
	if err != nil {
		return nil, err
	}
	keys, err := s.Passkeys(ctx, a.ID)
	if err != nil {
		return nil, err
	}
	record := func(one Factor, name string, added, used time.Time) {
		all = append(all, export.Record{
			{Name: "factor", Label: i18n.K("account.export_factor"), Value: i18n.K(one.Text())},
			{Name: "name", Label: i18n.K("account.passkey_name"), Value: name},
			{Name: "added_at", Label: i18n.K("account.export_since"), Value: added},
			{Name: "used_at", Label: i18n.K("account.export_seen"), Value: used},
		})
	}
	for _, k := range keys {
		record(FactorPasskey, k.Name, k.Added, k.Used)
	}
	for _, one := range []Factor{FactorSMS, FactorEmail} {
		if set.On && set.Has(one) {
			record(one, "", time.Time{}, time.Time{})
		}
	}
	if set.App {
		record(FactorApp, "", set.AppAdded, set.AppUsed)
	}
	if set.Backup > 0 {
		record(FactorBackup, "", set.BackupAt, time.Time{})
	}
	return all, nil
}

func exportContacts(contacts []contact) (all []export.Record) {
	for _, c := range contacts {
		all = append(all, export.Record{
			{Name: "kind", Value: string(c.kind)},
			{Name: "role", Value: c.role},
			{Name: "value", Label: i18n.K("account.export_" + string(c.kind)), Value: c.value},
			{Name: "confirmed_at", Label: i18n.K("account.export_confirmed"), Value: c.confirmed},
		})
	}
	return all
}

func exportDevice(d Device) export.Record {
	return export.Record{
		{Name: "device", Label: i18n.K("account.export_device"), Value: d.Text()},
		{Name: "ip", Label: i18n.K("account.export_ip"), Value: d.IP},
	}
}

func exportSessions(sessions []Session) (all []export.Record) {
	for _, one := range sessions {
		all = append(all, append(exportDevice(one.Device),
			export.Field{Name: "created_at", Label: i18n.K("account.export_began"), Value: one.Created},
			export.Field{Name: "seen_at", Label: i18n.K("account.export_seen"), Value: one.Seen}))
	}
	return all
}

func exportDevices(devices []KnownDevice) (all []export.Record) {
	for _, one := range devices {
		all = append(all, append(exportDevice(one.Device),
			export.Field{Name: "created_at", Label: i18n.K("account.export_since"), Value: one.Created},
			export.Field{Name: "until", Label: i18n.K("account.export_until"), Value: one.Until}))
	}
	return all
}

func (s *Service) exportSignIns(ctx context.Context, account string) (all []export.Record, err error) {
	for before := ""; ; {
		lines, err := s.SignIns(ctx, account, before, exportPage)
		if err != nil {
			return nil, err
		}
		for _, one := range lines {
			all = append(all, append(export.Record{
				{Name: "at", Label: i18n.K("account.export_at"), Value: one.At},
				{Name: "method", Label: i18n.K("account.export_method"), Value: i18n.K(one.Method)},
				{Name: "outcome", Label: i18n.K("account.history_outcome"), Value: i18n.K(one.Outcome.Text())},
				{Name: "place", Label: i18n.K("account.history_place"), Value: one.Device.where()},
			}, exportDevice(one.Device)...))
			before = one.ID
		}
		if len(lines) < exportPage {
			return all, nil
		}
	}
}
