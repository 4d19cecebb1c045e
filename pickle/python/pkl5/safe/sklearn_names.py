"""What pickles of scikit-learn and scipy.sparse name beyond those of NumPy.
"""

NAMES = {
    "_loss":
        "CyHalfMultinomialLoss CyHalfSquaredError"
        " __pyx_unpickle_CyHalfMultinomialLoss"
        " __pyx_unpickle_CyHalfSquaredError",
    "builtins":
        "dict object",
    "copyreg":
        "_reconstructor",
    "scipy.sparse._arrays":
        "bsr_array coo_array csc_array csr_array dia_array dok_array"
        " lil_array",
    "scipy.sparse._bsr":
        "bsr_array bsr_matrix",
    "scipy.sparse._coo":
        "coo_array coo_matrix",
    "scipy.sparse._csc":
        "csc_array csc_matrix",
    "scipy.sparse._csr":
        "csr_array csr_matrix",
    "scipy.sparse._dia":
        "dia_array dia_matrix",
    "scipy.sparse._dok":
        "dok_array dok_matrix",
    "scipy.sparse._lil":
        "lil_array lil_matrix",
    "scipy.sparse.bsr":
        "bsr_matrix",
    "scipy.sparse.coo":
        "coo_matrix",
    "scipy.sparse.csc":
        "csc_matrix",
    "scipy.sparse.csr":
        "csr_matrix",
    "scipy.sparse.dia":
        "dia_matrix",
    "scipy.sparse.dok":
        "dok_matrix",
    "scipy.sparse.lil":
        "lil_matrix",
    "sklearn._loss._loss":
        "CyAbsoluteError CyExponentialLoss CyHalfBinomialLoss CyHalfGammaLoss"
        " CyHalfMultinomialLoss CyHalfPoissonLoss CyHalfSquaredError"
        " CyHalfTweedieLoss CyHalfTweedieLossIdentity CyHuberLoss"
        " CyLossFunction CyPinballLoss __pyx_unpickle_CyHalfMultinomialLoss"
        " __pyx_unpickle_CyHalfSquaredError",
    "sklearn._loss.link":
        "HalfLogitLink IdentityLink Interval LogLink LogitLink"
        " MultinomialLogit",
    "sklearn._loss.loss":
        "AbsoluteError ExponentialLoss HalfBinomialLoss"
        " HalfBinomialLossArrayAPI HalfGammaLoss HalfMultinomialLoss"
        " HalfMultinomialLossArrayAPI HalfPoissonLoss HalfPoissonLossArrayAPI"
        " HalfSquaredError HalfTweedieLoss HalfTweedieLossIdentity HuberLoss"
        " PinballLoss",
    "sklearn.calibration":
        "CalibratedClassifierCV _CalibratedClassifier _SigmoidCalibration"
        " _TemperatureScaling",
    "sklearn.cluster._affinity_propagation":
        "AffinityPropagation",
    "sklearn.cluster._agglomerative":
        "AgglomerativeClustering FeatureAgglomeration",
    "sklearn.cluster._bicluster":
        "SpectralBiclustering SpectralCoclustering",
    "sklearn.cluster._birch":
        "Birch _CFNode _CFSubcluster",
    "sklearn.cluster._bisect_k_means":
        "BisectingKMeans _BisectingTree",
    "sklearn.cluster._dbscan":
        "DBSCAN",
    "sklearn.cluster._feature_agglomeration":
        "AgglomerationTransform",
    "sklearn.cluster._hdbscan._tree":
        "TreeUnionFind",
    "sklearn.cluster._hdbscan.hdbscan":
        "HDBSCAN",
    "sklearn.cluster._hierarchical_fast":
        "UnionFind WeightedEdge",
    "sklearn.cluster._kmeans":
        "KMeans MiniBatchKMeans",
    "sklearn.cluster._mean_shift":
        "MeanShift",
    "sklearn.cluster._optics":
        "OPTICS",
    "sklearn.cluster._spectral":
        "SpectralClustering",
    "sklearn.cluster.k_means_":
        "KMeans",
    "sklearn.compose._column_transformer":
        "ColumnTransformer make_column_selector",
    "sklearn.compose._target":
        "TransformedTargetRegressor",
    "sklearn.covariance._elliptic_envelope":
        "EllipticEnvelope",
    "sklearn.covariance._empirical_covariance":
        "EmpiricalCovariance",
    "sklearn.covariance._graph_lasso":
        "GraphicalLasso GraphicalLassoCV",
    "sklearn.covariance._robust_covariance":
        "MinCovDet",
    "sklearn.covariance._shrunk_covariance":
        "LedoitWolf OAS ShrunkCovariance",
    "sklearn.cross_decomposition._pls":
        "CCA PLSCanonical PLSRegression PLSSVD",
    "sklearn.decomposition._dict_learning":
        "DictionaryLearning MiniBatchDictionaryLearning SparseCoder",
    "sklearn.decomposition._factor_analysis":
        "FactorAnalysis",
    "sklearn.decomposition._fastica":
        "FastICA",
    "sklearn.decomposition._incremental_pca":
        "IncrementalPCA",
    "sklearn.decomposition._kernel_pca":
        "KernelPCA",
    "sklearn.decomposition._lda":
        "LatentDirichletAllocation",
    "sklearn.decomposition._nmf":
        "MiniBatchNMF NMF",
    "sklearn.decomposition._pca":
        "PCA",
    "sklearn.decomposition._sparse_pca":
        "MiniBatchSparsePCA SparsePCA",
    "sklearn.decomposition._truncated_svd":
        "TruncatedSVD",
    "sklearn.discriminant_analysis":
        "LinearDiscriminantAnalysis QuadraticDiscriminantAnalysis",
    "sklearn.dummy":
        "DummyClassifier DummyRegressor",
    "sklearn.ensemble._bagging":
        "BaggingClassifier BaggingRegressor",
    "sklearn.ensemble._forest":
        "ExtraTreesClassifier ExtraTreesRegressor RandomForestClassifier"
        " RandomForestRegressor RandomTreesEmbedding",
    "sklearn.ensemble._gb":
        "GradientBoostingClassifier GradientBoostingRegressor VerboseReporter",
    "sklearn.ensemble._gb_losses":
        "LeastSquaresError MultinomialDeviance",
    "sklearn.ensemble._hist_gradient_boosting.binning":
        "_BinMapper",
    "sklearn.ensemble._hist_gradient_boosting.common":
        "MonotonicConstraint",
    "sklearn.ensemble._hist_gradient_boosting.gradient_boosting":
        "HistGradientBoostingClassifier HistGradientBoostingRegressor",
    "sklearn.ensemble._hist_gradient_boosting.grower":
        "TreeGrower TreeNode",
    "sklearn.ensemble._hist_gradient_boosting.predictor":
        "TreePredictor",
    "sklearn.ensemble._hist_gradient_boosting.splitting":
        "SplitInfo",
    "sklearn.ensemble._iforest":
        "IsolationForest",
    "sklearn.ensemble._stacking":
        "StackingClassifier StackingRegressor",
    "sklearn.ensemble._voting":
        "VotingClassifier VotingRegressor",
    "sklearn.ensemble._weight_boosting":
        "AdaBoostClassifier AdaBoostRegressor",
    "sklearn.ensemble.forest":
        "RandomForestClassifier",
    "sklearn.ensemble.gradient_boosting":
        "GradientBoostingClassifier GradientBoostingRegressor"
        " LeastSquaresError MeanEstimator MultinomialDeviance"
        " PriorProbabilityEstimator",
    "sklearn.feature_extraction._dict_vectorizer":
        "DictVectorizer",
    "sklearn.feature_extraction._hash":
        "FeatureHasher",
    "sklearn.feature_extraction.image":
        "PatchExtractor",
    "sklearn.feature_extraction.text":
        "CountVectorizer HashingVectorizer TfidfTransformer TfidfVectorizer",
    "sklearn.feature_selection._from_model":
        "SelectFromModel",
    "sklearn.feature_selection._rfe":
        "RFE RFECV",
    "sklearn.feature_selection._sequential":
        "SequentialFeatureSelector",
    "sklearn.feature_selection._univariate_selection":
        "GenericUnivariateSelect SelectFdr SelectFpr SelectFwe SelectKBest"
        " SelectPercentile",
    "sklearn.feature_selection._variance_threshold":
        "VarianceThreshold",
    "sklearn.frozen._frozen":
        "FrozenEstimator",
    "sklearn.gaussian_process._gpc":
        "GaussianProcessClassifier",
    "sklearn.gaussian_process._gpr":
        "GaussianProcessRegressor",
    "sklearn.gaussian_process.kernels":
        "CompoundKernel ConstantKernel DotProduct ExpSineSquared"
        " Exponentiation Hyperparameter Matern PairwiseKernel Product RBF"
        " RationalQuadratic Sum WhiteKernel",
    "sklearn.impute._base":
        "MissingIndicator SimpleImputer",
    "sklearn.impute._iterative":
        "IterativeImputer _ImputerTriplet",
    "sklearn.impute._knn":
        "KNNImputer",
    "sklearn.isotonic":
        "IsotonicRegression",
    "sklearn.kernel_approximation":
        "AdditiveChi2Sampler Nystroem PolynomialCountSketch RBFSampler"
        " SkewedChi2Sampler",
    "sklearn.kernel_ridge":
        "KernelRidge",
    "sklearn.linear_model._base":
        "LinearRegression",
    "sklearn.linear_model._bayes":
        "ARDRegression BayesianRidge",
    "sklearn.linear_model._coordinate_descent":
        "ElasticNet ElasticNetCV Lasso LassoCV MultiTaskElasticNet"
        " MultiTaskElasticNetCV MultiTaskLasso MultiTaskLassoCV",
    "sklearn.linear_model._glm._newton_solver":
        "NewtonCholeskySolver",
    "sklearn.linear_model._glm.glm":
        "GammaRegressor PoissonRegressor TweedieRegressor"
        " _GeneralizedLinearRegressor",
    "sklearn.linear_model._huber":
        "HuberRegressor",
    "sklearn.linear_model._least_angle":
        "Lars LarsCV LassoLars LassoLarsCV LassoLarsIC",
    "sklearn.linear_model._linear_loss":
        "LinearModelLoss",
    "sklearn.linear_model._logistic":
        "LogisticRegression LogisticRegressionCV",
    "sklearn.linear_model._omp":
        "OrthogonalMatchingPursuit OrthogonalMatchingPursuitCV",
    "sklearn.linear_model._passive_aggressive":
        "PassiveAggressiveClassifier PassiveAggressiveRegressor",
    "sklearn.linear_model._perceptron":
        "Perceptron",
    "sklearn.linear_model._quantile":
        "QuantileRegressor",
    "sklearn.linear_model._ransac":
        "RANSACRegressor",
    "sklearn.linear_model._ridge":
        "Ridge RidgeCV RidgeClassifier RidgeClassifierCV",
    "sklearn.linear_model._sgd_fast":
        "Classification EpsilonInsensitive Hinge ModifiedHuber Regression"
        " SquaredEpsilonInsensitive SquaredHinge",
    "sklearn.linear_model._stochastic_gradient":
        "SGDClassifier SGDOneClassSVM SGDRegressor",
    "sklearn.linear_model._theil_sen":
        "TheilSenRegressor",
    "sklearn.linear_model.base":
        "LinearRegression",
    "sklearn.linear_model.logistic":
        "LogisticRegression",
    "sklearn.linear_model.ridge":
        "Ridge",
    "sklearn.manifold._classical_mds":
        "ClassicalMDS",
    "sklearn.manifold._isomap":
        "Isomap",
    "sklearn.manifold._locally_linear":
        "LocallyLinearEmbedding",
    "sklearn.manifold._mds":
        "MDS",
    "sklearn.manifold._spectral_embedding":
        "SpectralEmbedding",
    "sklearn.manifold._t_sne":
        "TSNE",
    "sklearn.metrics._dist_metrics":
        "BrayCurtisDistance32 BrayCurtisDistance64 CanberraDistance32"
        " CanberraDistance64 ChebyshevDistance32 ChebyshevDistance64"
        " DiceDistance32 DiceDistance64 DistanceMetric DistanceMetric32"
        " DistanceMetric64 EuclideanDistance EuclideanDistance32"
        " EuclideanDistance64 HammingDistance32 HammingDistance64"
        " HaversineDistance32 HaversineDistance64 JaccardDistance32"
        " JaccardDistance64 KulsinskiDistance32 KulsinskiDistance64"
        " MahalanobisDistance32 MahalanobisDistance64 ManhattanDistance32"
        " ManhattanDistance64 MatchingDistance32 MatchingDistance64"
        " MinkowskiDistance32 MinkowskiDistance64 PyFuncDistance32"
        " PyFuncDistance64 RogersTanimotoDistance32 RogersTanimotoDistance64"
        " RussellRaoDistance32 RussellRaoDistance64 SEuclideanDistance32"
        " SEuclideanDistance64 SokalMichenerDistance32"
        " SokalMichenerDistance64 SokalSneathDistance32 SokalSneathDistance64"
        " newObj",
    "sklearn.mixture._bayesian_mixture":
        "BayesianGaussianMixture",
    "sklearn.mixture._gaussian_mixture":
        "GaussianMixture",
    "sklearn.model_selection._classification_threshold":
        "FixedThresholdClassifier TunedThresholdClassifierCV",
    "sklearn.model_selection._search":
        "GridSearchCV ParameterGrid ParameterSampler RandomizedSearchCV",
    "sklearn.model_selection._search_successive_halving":
        "HalvingGridSearchCV HalvingRandomSearchCV",
    "sklearn.model_selection._split":
        "GroupKFold GroupShuffleSplit KFold LeaveOneGroupOut LeaveOneOut"
        " LeavePGroupsOut LeavePOut PredefinedSplit RepeatedKFold"
        " RepeatedStratifiedKFold ShuffleSplit StratifiedGroupKFold"
        " StratifiedKFold StratifiedShuffleSplit TimeSeriesSplit"
        " _CVIterableWrapper _RepeatedSplits",
    "sklearn.multiclass":
        "OneVsOneClassifier OneVsRestClassifier OutputCodeClassifier",
    "sklearn.multioutput":
        "ClassifierChain MultiOutputClassifier MultiOutputRegressor"
        " RegressorChain",
    "sklearn.naive_bayes":
        "BernoulliNB CategoricalNB ComplementNB GaussianNB MultinomialNB",
    "sklearn.neighbors._ball_tree":
        "BallTree BallTree32 BallTree64 BinaryTree32 BinaryTree64"
        " NeighborsHeap32 NeighborsHeap64 NodeHeap newObj newObj32 newObj64",
    "sklearn.neighbors._classification":
        "KNeighborsClassifier RadiusNeighborsClassifier",
    "sklearn.neighbors._dist_metrics":
        "EuclideanDistance newObj",
    "sklearn.neighbors._graph":
        "KNeighborsTransformer RadiusNeighborsTransformer",
    "sklearn.neighbors._kd_tree":
        "BinaryTree32 BinaryTree64 KDTree KDTree32 KDTree64 NeighborsHeap32"
        " NeighborsHeap64 NodeHeap newObj newObj32 newObj64",
    "sklearn.neighbors._kde":
        "KernelDensity",
    "sklearn.neighbors._lof":
        "LocalOutlierFactor",
    "sklearn.neighbors._nca":
        "NeighborhoodComponentsAnalysis",
    "sklearn.neighbors._nearest_centroid":
        "NearestCentroid",
    "sklearn.neighbors._regression":
        "KNeighborsRegressor RadiusNeighborsRegressor",
    "sklearn.neighbors._unsupervised":
        "NearestNeighbors",
    "sklearn.neighbors.classification":
        "KNeighborsClassifier",
    "sklearn.neighbors.dist_metrics":
        "EuclideanDistance newObj",
    "sklearn.neighbors.kd_tree":
        "KDTree newObj",
    "sklearn.neural_network._multilayer_perceptron":
        "MLPClassifier MLPRegressor",
    "sklearn.neural_network._rbm":
        "BernoulliRBM",
    "sklearn.neural_network._stochastic_optimizers":
        "AdamOptimizer SGDOptimizer",
    "sklearn.neural_network.multilayer_perceptron":
        "MLPClassifier",
    "sklearn.pipeline":
        "FeatureUnion Pipeline",
    "sklearn.preprocessing._data":
        "Binarizer KernelCenterer MaxAbsScaler MinMaxScaler Normalizer"
        " PowerTransformer QuantileTransformer RobustScaler StandardScaler",
    "sklearn.preprocessing._discretization":
        "KBinsDiscretizer",
    "sklearn.preprocessing._encoders":
        "OneHotEncoder OrdinalEncoder",
    "sklearn.preprocessing._function_transformer":
        "FunctionTransformer",
    "sklearn.preprocessing._label":
        "LabelBinarizer LabelEncoder MultiLabelBinarizer",
    "sklearn.preprocessing._polynomial":
        "PolynomialFeatures SplineTransformer",
    "sklearn.preprocessing._target_encoder":
        "TargetEncoder",
    "sklearn.preprocessing.data":
        "StandardScaler",
    "sklearn.preprocessing.label":
        "LabelBinarizer LabelEncoder",
    "sklearn.random_projection":
        "GaussianRandomProjection SparseRandomProjection",
    "sklearn.semi_supervised._label_propagation":
        "LabelPropagation LabelSpreading",
    "sklearn.semi_supervised._self_training":
        "SelfTrainingClassifier",
    "sklearn.svm._classes":
        "LinearSVC LinearSVR NuSVC NuSVR OneClassSVM SVC SVR",
    "sklearn.svm.classes":
        "SVR",
    "sklearn.tree._classes":
        "DecisionTreeClassifier DecisionTreeRegressor ExtraTreeClassifier"
        " ExtraTreeRegressor",
    "sklearn.tree._criterion":
        "Entropy Gini MAE MSE Poisson",
    "sklearn.tree._export":
        "Sentinel _DOTTreeExporter _MPLTreeExporter",
    "sklearn.tree._partitioner":
        "DensePartitioner SparsePartitioner",
    "sklearn.tree._reingold_tilford":
        "DrawTree Tree",
    "sklearn.tree._tree":
        "Tree _AlphaPruner _CCPPruneController _PathFinder",
    "sklearn.tree._utils":
        "PytestWeightedFenwickTree WeightedFenwickTree",
    "sklearn.tree.tree":
        "DecisionTreeClassifier DecisionTreeRegressor",
    "sklearn.utils._bunch":
        "Bunch",
    "sklearn.utils._tags":
        "ClassifierTags InputTags RegressorTags Tags TargetTags"
        " TransformerTags",
}
