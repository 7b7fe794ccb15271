-- Health of a NASSearch for Argo CD (resource.customizations.health.nas-operator.io_NASSearch).
local function condition(kind)
  for _, c in ipairs((obj.status or {}).conditions or {}) do
    if c.type == kind then
      return c
    end
  end
  return {}
end

if obj.status == nil or (obj.status.observedGeneration or 0) < obj.metadata.generation then
  return {status = "Progressing", message = "the operator has not looked at this version yet"}
end

for kind, wanted in pairs({Accepted = "False", Failed = "True", StorageReady = "False"}) do
  local found = condition(kind)
  if found.status == wanted then
    return {status = "Degraded", message = found.reason .. ": " .. (found.message or "")}
  end
end
if condition("Succeeded").status == "True" then
  return {status = "Healthy", message = condition("Succeeded").message}
end
if condition("Suspended").status == "True" then
  return {status = "Suspended", message = condition("Suspended").message}
end
return {status = "Progressing", message = condition("Progressing").message}
