export type {
  Audit,
  AuditQuality,
  AuditWarning,
  CountedShare,
  EstimatedShare,
  LabelConflict,
  LeakedImage,
  LabelJudgement,
  ScoreName,
  SuspectList,
} from './audit/audit.ts';
export { auditDataset } from './audit/audit-dataset.ts';
export type { AuditOptions } from './audit/audit-dataset.ts';
export { judgeLabels, leastVerified } from './audit/judge-labels.ts';
export type { JudgeOptions } from './audit/judge-labels.ts';
export { measureQuality } from './audit/measure-quality.ts';
export { collectEvidence } from './evidence/collect-evidence.ts';
export type { Evidence, EvidenceEpoch, EvidenceOptions, EvidenceStates } from './evidence/evidence.ts';
export { passMeans, withPassMeans } from './evidence/pass-means.ts';
export type { PassMeans } from './evidence/pass-means.ts';
export type { JudgedSamples, VerifiedLabels } from './predictions.ts';
export { fitRecalibrations, recalibrated, withProbabilities } from './recalibrate/fit-recalibrations.ts';
export type { Recalibrations } from './recalibrate/fit-recalibrations.ts';
export { applyRecalibration, classOffsets, matrixScaling } from './recalibrate/recalibrate.ts';
export type { KnownSamples, Recalibration } from './recalibrate/recalibrate.ts';
export { chooseByGain, chooseRandom } from './review/choose-samples.ts';
export type { ChoiceOptions } from './review/choose-samples.ts';
export { classPosterior, trueClassProbabilities } from './score/posterior.ts';
export type { PosteriorOptions } from './score/posterior.ts';
export { leadOfOther, rankSamples, wrongProbability } from './score/suspicion.ts';
export { fitTemperature, temper } from './score/temperature.ts';
export { suggestedLabels, verdicts } from './score/verdict.ts';
export type { Verdict, VerdictOptions } from './score/verdict.ts';
export { applyCalibration, calibrateSuspicion } from './threshold/calibrate-suspicion.ts';
export type { SuspicionCalibration } from './threshold/calibrate-suspicion.ts';
export { falseDiscoveryThreshold } from './threshold/false-discovery.ts';
export type { FalseDiscoveryCut } from './threshold/false-discovery.ts';
export { confidentTransition } from './transition/confident.ts';
export type { ConfidentOptions } from './transition/confident.ts';
export { transitionFromVerified } from './transition/from-verified.ts';
export type { VerifiedTransitionOptions } from './transition/from-verified.ts';
export { classShares } from './transition/transition.ts';
export type { TransitionEstimate, TransitionPrior } from './transition/transition.ts';
