package app

import (
	"context"
	"encoding/hex"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"time"

	"kabinet/internal/account"
	"kabinet/internal/audit"
	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/relay"
	"kabinet/internal/platform/sqldb"
	"kabinet/internal/proofing"
	"kabinet/internal/videocall"
)

// Video is meetings by video, in which operators see who people are.
type Video struct {
	From      time.Duration `config:"from" default:"9h" min:"0s" max:"24h" help:"When operators begin to answer, since midnight of the region."`
	Till      time.Duration `config:"till" default:"18h" min:"0s" max:"24h" help:"When they stop. The same as from: around the clock."`
	Weekends  bool          `config:"weekends" default:"false" help:"They answer on days off too."`
	Listen    string        `config:"listen" check:"address" example:"0.0.0.0:3478" help:"UDP address of the relay that carries the pictures. Without it browsers must reach each other by themselves."`
	PublicIP  string        `config:"public_ip" example:"203.0.113.5" help:"IP address by which browsers reach the relay."`
	RelayOnly bool          `config:"relay_only" default:"true" help:"Every picture goes through the relay, so that the two do not learn each other's address."`
}

// check reports what is wrong with the settings.
func (v Video) check(fault func(name, text string)) {
	if v.Listen == "" {
		return
	}
	if _, err := netip.ParseAddr(v.PublicIP); err != nil {
		fault("video.public_ip", "is not an IP address: browsers could not reach the relay")
	}
}

// openVideocall makes the feature of meetings by video, with its relay.
func (a *App) openVideocall() error {
	o := videocall.Options{DB: a.db, Keys: a.keys, Now: a.now, Location: a.location, Calendar: a.calendar, Limits: a.limits, Accounts: a.accounts, People: a.people,
		Staff: a.staff, Notices: a.notices, Hours: videocall.Hours{From: a.cfg.Video.From, Till: a.cfg.Video.Till, Weekends: a.cfg.Video.Weekends}, RelayOnly: a.cfg.Video.RelayOnly,
		Confirm: func(ctx context.Context, tx *sqldb.DB, account string, by audit.Actor) error {
			return a.proofing.ConfirmIn(ctx, tx, proofing.Vouch{Account: account, Method: "videocall.method", By: by})
		}}
	if a.cfg.Video.Listen != "" && a.cfg.Serving {
		public, err := netip.ParseAddr(a.cfg.Video.PublicIP)
		if err != nil {
			return fmt.Errorf("the address of the video relay: %w", err)
		}
		o.RelaySecret = hex.EncodeToString(a.keys.MAC("relay", []byte("turn")))
		if a.relay, err = relay.Listen(a.cfg.Video.Listen, public, o.RelaySecret); err != nil {
			return err
		}
		o.Relay = "turn:" + net.JoinHostPort(public.String(), strconv.Itoa(a.relay.Port())) + "?transport=udp"
		a.telemetry.Gauge("kabinet_relayed_streams", "Streams of video meetings that go through the relay.", func() float64 { return float64(a.relay.Allocations()) })
	}
	a.videocalls = videocall.New(o)
	return nil
}

// videoWay is the meeting among the ways to prove who one is.
func videoWay() proofing.Way {
	return proofing.Way{Code: "video", Icon: "user-check", Href: videocall.Path, Gives: account.Confirmed, Needs: account.Standard,
		Title: i18n.K("videocall.title"), Text: i18n.K("videocall.way_text"), Takes: i18n.K("videocall.way_takes")}
}
