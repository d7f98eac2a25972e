export type { Callback, EpochEvent, NonFiniteEvent, RunWarning, StepEvent, Verdict } from './callback/callback.ts';
export { earlyStopping } from './callback/early-stopping.ts';
export type { EarlyStoppingOptions } from './callback/early-stopping.ts';
export { createHistory, monitorMode } from './callback/history.ts';
export type { EpochLog, History } from './callback/history.ts';
export { jsonLinesLogger } from './callback/json-lines-logger.ts';
export { modelCheckpoint } from './callback/model-checkpoint.ts';
export type { CheckpointStore, ModelCheckpointOptions } from './callback/model-checkpoint.ts';
export { terminateOnNaN } from './callback/terminate-on-nan.ts';
export { decodeSafetensors, encodeSafetensors } from './checkpoint/safetensors.ts';
export type {
  DecodedSafetensorsArray,
  SafetensorsArray,
  SafetensorsData,
  SafetensorsType,
} from './checkpoint/safetensors.ts';
export { decodeTrainState, encodeTrainState } from './checkpoint/train-state.ts';
export type { Augmentation, AugmentationKey, Dataset } from './data/dataset.ts';
export { measureNormalization, normalize } from './data/normalization.ts';
export { readAhead } from './data/read-ahead.ts';
export type { Normalization } from './data/normalization.ts';
export { CheckpointError, NonFiniteError, OptionError, SelfCureError, TrainError } from './errors.ts';
export { evaluate, predict, score } from './evaluate.ts';
export type { Evaluation, PredictOptions, Predictions } from './evaluate.ts';
export { classifier } from './head/classifier.ts';
export { hasHead } from './head/head.ts';
export type { Head } from './head/head.ts';
export { selfAttentionImportance } from './head/self-attention-importance.ts';
export { undoChanges } from './ledger/undo-changes.ts';
export { exportChanges } from './ledger/export-changes.ts';
export { createLedger, restoreLedger } from './ledger/label-ledger.ts';
export type { CommitSummary, LabelChange, LabelLedger, LedgerData, ProposalEvidence } from './ledger/label-ledger.ts';
export { crossEntropy } from './loss/cross-entropy.ts';
export type { CrossEntropyOptions } from './loss/cross-entropy.ts';
export { earlyLearningRegularization } from './loss/early-learning-regularization.ts';
export type { EarlyLearningOptions } from './loss/early-learning-regularization.ts';
export { forwardCorrection } from './loss/forward-correction.ts';
export type { ForwardCorrectionOptions, TransitionMatrix } from './loss/forward-correction.ts';
export { generalizedCrossEntropy } from './loss/generalized-cross-entropy.ts';
export type { GeneralizedCrossEntropyOptions } from './loss/generalized-cross-entropy.ts';
export { logitWeightedCrossEntropy } from './loss/logit-weighted-cross-entropy.ts';
export type { LogitWeightedOptions } from './loss/logit-weighted-cross-entropy.ts';
export type { Loss } from './loss/loss.ts';
export type {
  BatchTensors,
  Column,
  EpochPlan,
  Method,
  MethodNeeds,
  NamedTensors,
  NetOutputs,
  StepLoss,
} from './method.ts';
export { binomialInterval } from './metric/binomial-interval.ts';
export type { ShareInterval } from './metric/binomial-interval.ts';
export { brierScore, expectedCalibrationError, negativeLogLikelihood, reliability } from './metric/calibration.ts';
export type { ReliabilityBin } from './metric/calibration.ts';
export { checkDistributions, checkLabels, checkLengths } from './metric/check.ts';
export {
  accuracy,
  balancedAccuracy,
  confusionMatrix,
  macroF1,
  perClassRecall,
  predictedLabels,
} from './metric/classification.ts';
export { noiseDetection, suspicionScores } from './metric/noise-detection.ts';
export type { NoiseDetection } from './metric/noise-detection.ts';
export { pairedDifference } from './metric/paired.ts';
export type { PairedDifference } from './metric/paired.ts';
export { auroc, averagePrecision, precisionAt } from './metric/ranking.ts';
export { relabelQuality } from './metric/relabel-quality.ts';
export type { RelabelLabels, RelabelQuality } from './metric/relabel-quality.ts';
export type { Model, ModelMode } from './model.ts';
export { adam } from './optimizer/adam.ts';
export type { AdamOptions } from './optimizer/adam.ts';
export type { GradientClipping } from './optimizer/clip-gradients.ts';
export type { Optimizer, ParameterGradient, WeightDecay, WeightDecayRule } from './optimizer/optimizer.ts';
export { sgd } from './optimizer/sgd.ts';
export type { SgdOptions } from './optimizer/sgd.ts';
export { philox } from './random/philox.ts';
export type { Block } from './random/philox.ts';
export { portableCos, portableExp, portableLog, portablePow, portableSin } from './random/portable-math.ts';
export { randomStream } from './random/stream.ts';
export type { RandomStream, StreamKey } from './random/stream.ts';
export { ceRelabel } from './recipe/ce-relabel.ts';
export { ce } from './recipe/ce.ts';
export { withRelabel } from './recipe/with-relabel.ts';
export { measuredOnProbes } from './recipe/measured-on-probes.ts';
export { withProbes } from './recipe/with-probes.ts';
export { composeMethod } from './recipe/compose-method.ts';
export type { MethodParts } from './recipe/compose-method.ts';
export { cure } from './recipe/cure.ts';
export { elr } from './recipe/elr.ts';
export { forward } from './recipe/forward.ts';
export { gce } from './recipe/gce.ts';
export { mixture } from './recipe/mixture.ts';
export { smallLoss } from './recipe/small-loss.ts';
export { scn } from './recipe/scn.ts';
export type { ScnOptions } from './recipe/scn.ts';
export { rankMargin, rankRegularization } from './regularizer/rank-regularization.ts';
export type { RankRegularizationOptions } from './regularizer/rank-regularization.ts';
export type { Regularizer } from './regularizer/regularizer.ts';
export { averagedRelabel } from './relabel/averaged-relabel.ts';
export type { AveragedRelabelOptions } from './relabel/averaged-relabel.ts';
export { defineRelabel } from './relabel/define-relabel.ts';
export type { RelabelDefinition, RelabelFactory, RelabelOptions } from './relabel/define-relabel.ts';
export { gatedRelabel } from './relabel/gated-relabel.ts';
export type { GateCount, GatedRelabelOptions, GateReading } from './relabel/gated-relabel.ts';
export { marginRelabel } from './relabel/margin-relabel.ts';
export type { MarginRelabelOptions } from './relabel/margin-relabel.ts';
export type { Proposal, RelabelStrategy, SampleRows } from './relabel/relabel.ts';
export { constant } from './schedule/constant.ts';
export { cosineDecay } from './schedule/cosine-decay.ts';
export type { CosineDecayOptions } from './schedule/cosine-decay.ts';
export { exponentialDecay } from './schedule/exponential-decay.ts';
export type { ExponentialDecayOptions } from './schedule/exponential-decay.ts';
export type { Schedule, ScheduleTime } from './schedule/schedule.ts';
export { stepDecay } from './schedule/step-decay.ts';
export type { StepDecayOptions } from './schedule/step-decay.ts';
export { warmUp } from './schedule/warm-up.ts';
export type { WarmUpOptions } from './schedule/warm-up.ts';
export { initialState } from './train/initial-state.ts';
export { train } from './train/loop.ts';
export type { TrainOptions } from './train/options.ts';
export type { Run, RunEnd } from './train/run.ts';
export type { MemoryArrays } from './train/sample-memory.ts';
export type { BestEpoch, TrainState } from './train/state.ts';
export { evaluationStep, trainingStep } from './train/step.ts';
export type { StepOptions, TrainingStepOptions } from './train/step.ts';
export type { TrainedModel } from './train/trained-model.ts';
export { encodeModel, modelFormat } from './checkpoint/encode-model.ts';
export { lossMixture } from './weighting/loss-mixture.ts';
export type { LossMixtureOptions } from './weighting/loss-mixture.ts';
export { smallLossSelection } from './weighting/small-loss-selection.ts';
export type { SmallLossSelectionOptions } from './weighting/small-loss-selection.ts';
export type { Weighting } from './weighting/weighting.ts';
