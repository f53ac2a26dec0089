package hostinfo

import (
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/numalens/numalens/pkg/export"
)

// cgroupDir is where version 2 is mounted, and below it each controller of
// version 1.
const cgroupDir = "fs/cgroup"

// readCgroup finds a process's control group and what it leaves: both
// versions, each controller where it is mounted. In a container the path may
// be one that only the host sees; then nothing is found, and nothing said.
func (t tree) readCgroup(pid string, p *export.Pinning) {
	v1 := map[string]string{} // controller → path
	for line := range strings.Lines(t.proc(pid + "/cgroup")) {
		// "4:cpuset:/batch" is of version 1, "0::/batch" of version 2.
		fields := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(fields) != 3 || !path.IsAbs(fields[2]) {
			continue
		}
		if fields[0] == "0" && fields[1] == "" {
			p.Cgroup = fields[2]
			continue
		}
		for controller := range strings.SplitSeq(fields[1], ",") {
			v1[controller] = fields[2]
		}
	}
	if where, is := v1["cpuset"]; is {
		p.Cgroup = where
		dir := path.Join(cgroupDir, "cpuset", where)
		p.CgroupCPUs = firstText(t.sys(dir+"/cpuset.effective_cpus"), t.sys(dir+"/cpuset.cpus"))
		p.CgroupMems = firstText(t.sys(dir+"/cpuset.effective_mems"), t.sys(dir+"/cpuset.mems"))
	} else if p.Cgroup != "" {
		dir := path.Join(cgroupDir, p.Cgroup)
		p.CgroupCPUs = t.sys(dir + "/cpuset.cpus.effective")
		p.CgroupMems = t.sys(dir + "/cpuset.mems.effective")
	}
	if where, is := v1["cpu"]; is {
		p.CPUQuota = t.quota(path.Join(cgroupDir, "cpu"), where, quotaOfVersion1)
	} else if p.Cgroup != "" {
		p.CPUQuota = t.quota(cgroupDir, p.Cgroup, quotaOfVersion2)
	}
}

func firstText(texts ...string) string {
	i := slices.IndexFunc(texts, func(s string) bool { return s != "" })
	if i < 0 {
		return ""
	}
	return texts[i]
}

// quota is the tightest limit of a group and of those above it, in CPUs; 0 is
// none.
func (t tree) quota(mount, group string, read func(tree, string) float64) float64 {
	tightest := 0.0
	for {
		if q := read(t, path.Join(mount, group)); q > 0 && (tightest == 0 || q < tightest) {
			tightest = q
		}
		if group == "/" || group == "." {
			return tightest
		}
		group = path.Dir(group)
	}
}

func quotaOfVersion1(t tree, dir string) float64 {
	return inCPUs(t.sys(dir+"/cpu.cfs_quota_us"), t.sys(dir+"/cpu.cfs_period_us"))
}

func quotaOfVersion2(t tree, dir string) float64 {
	quota, period, _ := strings.Cut(t.sys(dir+"/cpu.max"), " ")
	return inCPUs(quota, period)
}

// inCPUs divides time by its period. No limit is "max", or -1.
func inCPUs(quota, period string) float64 {
	q, err := strconv.ParseInt(quota, 10, 62)
	p, perr := strconv.ParseInt(period, 10, 62)
	if err != nil || perr != nil || q <= 0 || p <= 0 {
		return 0
	}
	return float64(q) / float64(p)
}
